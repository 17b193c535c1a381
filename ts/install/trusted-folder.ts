/** Folders that nobody but root, or the user who installs, can put something else into. */

import { chmodSync, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { NotifydError } from '../errors.ts'

const WRITABLE_BY_OTHERS = 0o022
const MODE = 0o755

/** @throws NotifydError `ERR_INSTALL` where somebody else could replace what lies there: engines execute it as root. */
export function checkFolder(folder: string): void {
  const existing = parentsOf(folder).find(each => existsSync(each)) ?? '/'
  for (const each of new Set([...parentsOf(existing), ...parentsOf(realpathSync(existing))])) checkOne(each, folder)
}

/** Makes it and its parents; returns those that were not there, the uppermost first. */
export function makeFolder(folder: string): string[] {
  const missing = parentsOf(folder)
    .filter(each => !existsSync(each))
    .toReversed()
  missing.forEach(makeOne)
  return missing
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder)
    // Whatever the umask is.
    chmodSync(folder, MODE)
  } catch (cause) {
    throw new NotifydError(
      'ERR_INSTALL',
      `could not make the folder ${folder}; without root, name files and a folder of your own with --config-file and --dir`,
      { cause },
    )
  }
}

/** With itself, which comes first. */
function parentsOf(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [folder, ...parentsOf(parent)]
}

function checkOne(folder: string, wanted: string): void {
  const { uid, mode } = statSync(folder)
  const problem =
    uid !== 0 && uid !== process.getuid?.()
      ? `belongs to the user ${uid}`
      : (mode & WRITABLE_BY_OTHERS) === 0
        ? undefined
        : `can be written by others (mode ${(mode & 0o7777).toString(8)})`
  if (problem === undefined) return
  throw new NotifydError(
    'ERR_INSTALL',
    `${folder} ${problem}, so that somebody could replace what engines execute in ${wanted}; accepted: a folder whose parents are all root's alone, such as /usr/libexec/seccomp-notifyd`,
  )
}
