/** The profile that a command is given. */

import { readFileSync } from 'node:fs'
import { NotifydError } from '../errors.ts'

/** The text of the file; `-` is stdin. */
export function readProfile(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new NotifydError('ERR_PROFILE', `could not read the profile ${file}`, { cause })
  }
}
