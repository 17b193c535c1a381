/** The shim that came with this package. */

import { readFileSync } from 'node:fs'
import { nativeFile } from '../addon.ts'

export function packagedRuntime(): Buffer {
  return readFileSync(nativeFile('seccomp-notifyd-runtime'))
}
