/** The profile that a command is given. */

import { readFileSync } from 'node:fs'
import { NotifydError, toNotifydError } from '../errors.ts'
import { parse, runtimeDefault, type ProfileDocument } from '../profile-text.ts'

/** A file of that name is `./runtime-default`. */
export const RUNTIME_DEFAULT = 'runtime-default'

/** Whether it is a file that others can look into. */
export function isProfileFile(file: string): boolean {
  return file !== RUNTIME_DEFAULT && file !== '-'
}

/** The text of the file; `-` is stdin. */
export function readProfile(file: string): string {
  if (file === RUNTIME_DEFAULT) return runtimeDefault().text
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new NotifydError('ERR_PROFILE', `could not read the profile ${file}`, { cause })
  }
}

/** For commands that take several: an error says in which one it is. */
export function readOneProfile(file: string): ProfileDocument {
  const text = readProfile(file)
  try {
    return parse(text)
  } catch (error) {
    throw toNotifydError(error, `in ${file}`)
  }
}
