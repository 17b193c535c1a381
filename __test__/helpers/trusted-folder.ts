/** A folder that nobody but its owner could have changed, with all that is above it: what engines execute lies in such. */

import { mkdtempSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'

export function trustedFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(process.getuid?.() === 0 ? '/var/lib' : homedir(), 'sn-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}
