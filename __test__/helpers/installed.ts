/** The package as npm would install it, outside of the checkout. */

import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { projectRoot } from './project.ts'

const LOCK = 'node_modules/.package-lock.json'

export interface Installed {
  readonly folder: string
  /** Words of a command line. */
  readonly run: string[]
}

/** One that every user may read and execute, `as` what is put before the command line: the checkout may be root's alone. */
export function installForAll(t: ExecutionContext, as: string[]): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'sn-all-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  for (const path of ['package.json', 'dist', 'native', ...dependencies()]) {
    cpSync(join(projectRoot, path), join(folder, path), { recursive: true })
  }
  const node = findNode(folder, as)
  spawnSync('chmod', ['-R', 'a+rX', folder])
  return { folder, run: [node, join(folder, 'dist/cli/main.js'), 'run'] }
}

interface Lock {
  packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>
}

function dependencies(): string[] {
  const { packages } = JSON.parse(readFileSync(join(projectRoot, LOCK), 'utf8')) as Lock
  const needed = Object.entries(packages).filter(
    ([, { dev, devOptional, optional }]) => !(dev || devOptional || optional),
  )
  return needed.map(([path]) => path)
}

/** Ours, or a copy where nobody else gets at it. */
function findNode(folder: string, [command = 'env', ...words]: string[]): string {
  const { execPath } = process
  if (spawnSync(command, [...words, execPath, '--version'], { cwd: '/' }).status === 0) return execPath
  const copy = join(folder, 'node')
  copyFileSync(execPath, copy)
  chmodSync(copy, 0o755)
  return copy
}
