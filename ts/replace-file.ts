/** Files of ours that are replaced as a whole. */

import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** A crash leaves the old file or the new one. For its owner alone. */
export function replaceFile(file: string, text: string): void {
  const fresh = `${file}.new`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' })
  renameSync(fresh, file)
}
