/** The shim where engines call it: one file under the names of both runtimes. */

import { linkSync, lstatSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from './digest.ts'
import { makeFolder } from './trusted-folder.ts'
import { writeWhole } from './whole-write.ts'

const NAMES = ['runc', 'crun'] as const
const MODE = 0o755

export function executablesIn(folder: string): string[] {
  return NAMES.map(name => join(folder, name))
}

/** Whether both are there as they are to be. */
export function areInstalled(folder: string, content: Buffer): boolean {
  const wanted = sha256(content)
  return executablesIn(folder).every(file => isRight(file) && sha256(readFileSync(file)) === wanted)
}

function isRight(file: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false })
  return found !== undefined && found.isFile() && (found.mode & 0o7777) === MODE && found.uid === process.getuid?.()
}

/** A container that starts meanwhile gets the old one or the new one. Returns folders that were not there. */
export function installExecutables(folder: string, content: Buffer): string[] {
  const created = makeFolder(folder)
  const [first, second] = [join(folder, NAMES[0]), join(folder, NAMES[1])]
  const owner = { mode: MODE, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  writeWhole(first, content, owner)
  const temporary = `${second}.${process.pid}.tmp`
  try {
    linkSync(first, temporary)
    renameSync(temporary, second)
  } catch {
    // Some file systems have no links.
    rmSync(temporary, { force: true })
    writeWhole(second, content, owner)
  }
  return created
}

export function removeExecutables(folder: string): void {
  for (const file of executablesIn(folder)) rmSync(file, { force: true })
}
