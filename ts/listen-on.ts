/** Listens for runtimes on a path whose folder may not be there yet. */

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { NotifydError } from './errors.ts'
import type { Supervisor } from './native.ts'

export function listenOn(supervisor: Supervisor, path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (cause) {
    throw new NotifydError('ERR_SOCKET', `cannot make the folder of the listener socket ${path}`, { cause })
  }
  supervisor.listen(path)
}
