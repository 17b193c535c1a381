/** Files that a command writes. */

import { renameSync, writeFileSync } from 'node:fs'
import { NotifydError } from '../errors.ts'

/** Whole, or not at all: somebody may read the file at any time. */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, text)
    renameSync(temporary, file)
  } catch (cause) {
    throw new NotifydError('ERR_USAGE', `could not write ${file}`, { cause })
  }
}
