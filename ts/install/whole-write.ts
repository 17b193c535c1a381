/** Files that are there whole or not at all, even after a crash. */

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { NotifydError } from '../errors.ts'
import { sha256 } from './digest.ts'

export interface Ownership {
  mode: number
  uid: number
  gid: number
}

/** What is on the disk is read again before it takes the file's place. */
export function writeWhole(file: string, content: Buffer, owner: Ownership): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    writeDurably(temporary, content, owner)
    if (sha256(readFileSync(temporary)) !== sha256(content)) {
      throw new NotifydError('ERR_INSTALL', `${temporary} does not hold what was written to it`)
    }
    renameSync(temporary, file)
    syncFolder(dirname(file))
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw new NotifydError('ERR_INSTALL', `could not write ${file}`, { cause })
  }
}

function writeDurably(file: string, content: Buffer, { mode, uid, gid }: Ownership): void {
  const fd = openSync(file, 'wx', 0o600)
  try {
    writeFileSync(fd, content)
    fchownSync(fd, uid, gid)
    fchmodSync(fd, mode)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
