/** What a test needs of the machine, and the record of what was really exercised (the matrix that `npm test` prints). */

import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

export type Part =
  | 'runc'
  | 'crun'
  | 'podman'
  | 'containerd'
  | 'docker'
  | 'embedded'
  | 'prometheus'
  | 'chromium'
  | 'zsh'
  | 'fish'

/** Usable, or why not. */
export type Need = { usable: true } | { usable: false; reason: string }

// runc lies in /usr/sbin on Debian, which is not on the PATH of ordinary users.
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']

export function findCommand(name: string): string | undefined {
  return FOLDERS.map(folder => join(folder, name)).find(path => existsSync(path))
}

/** A runtime needs its executable, a static busybox for the root file system, and root. */
export function needRuntime(name: 'runc' | 'crun'): Need {
  const path = findCommand(name)
  if (path === undefined) return { usable: false, reason: `${name} is not installed` }
  if (spawnSync(path, ['--version']).status !== 0) return { usable: false, reason: `${name} --version fails` }
  if (findCommand('busybox') === undefined) return { usable: false, reason: 'busybox is not installed' }
  if (process.getuid?.() !== 0) return { usable: false, reason: 'not root' }
  return { usable: true }
}

export interface Exercise {
  part: Part
  title: string
  outcome: 'pass' | 'fail' | 'skip'
  reason?: string
}

/** Appends to the file of the matrix; without one (a test file run by hand) nothing is recorded. */
export function recordExercise(exercise: Exercise): void {
  const file = process.env['SECCOMP_NOTIFYD_MATRIX']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(exercise)}\n`)
}
