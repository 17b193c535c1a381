/** Configuration files as they lie there: their text, their owner and their mode. */

import { lstatSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { NotifydError } from '../errors.ts'
import { makeFolder } from './trusted-folder.ts'
import { syncFolder, writeWhole, type Ownership } from './whole-write.ts'

/** Engines read far less. */
const MOST_BYTES = 4 * 1024 * 1024

export interface ConfigFile {
  /** Where it really is: a link to it stays a link. */
  path: string
  /** Missing where there is no file. */
  text?: string
}

/** @throws NotifydError `ERR_INSTALL` for what is no text file, or cannot be read. */
export function readConfigFile(file: string): ConfigFile {
  try {
    const path = realPathOf(file)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) return { path }
    if (!found.isFile()) throw new NotifydError('ERR_INSTALL', 'it is no file')
    if (found.size > MOST_BYTES) throw new NotifydError('ERR_INSTALL', `it is longer than ${MOST_BYTES} bytes`)
    return { path, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path)) }
  } catch (cause) {
    throw new NotifydError('ERR_INSTALL', `could not read ${file}`, { cause })
  }
}

/** Of a link to nothing: where it points to. */
function realPathOf(file: string): string {
  const found = lstatSync(file, { throwIfNoEntry: false })
  if (found === undefined) return resolve(file)
  if (!found.isSymbolicLink() || statSync(file, { throwIfNoEntry: false }) !== undefined) return realpathSync(file)
  return resolve(dirname(file), readlinkSync(file))
}

/** @throws NotifydError `ERR_INSTALL` where somebody has changed one while we asked: that is not overwritten. */
export function checkUnchanged(files: readonly { file: string; before?: string }[]): void {
  for (const { file, before } of files) {
    if (readConfigFile(file).text !== before)
      throw new NotifydError('ERR_INSTALL', `${file} was changed meanwhile, and nothing was written; start again`)
  }
}

/** Returns folders that were not there. */
export function writeConfigFile(path: string, text: string): string[] {
  const created = makeFolder(dirname(path))
  writeWhole(path, Buffer.from(text), ownershipOf(path))
  return created
}

export function removeConfigFile(path: string): void {
  rmSync(path, { force: true })
  syncFolder(dirname(path))
}

/** Its own where it is there. */
function ownershipOf(path: string): Ownership {
  const { mode, uid, gid } = statSync(path, { throwIfNoEntry: false }) ?? {
    mode: 0o644,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  }
  return { mode: mode & 0o7777, uid, gid }
}
