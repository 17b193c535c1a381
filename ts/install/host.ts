/** What is installed on this host, and in which version. */

import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { Version } from '../ways-in.ts'
import type { RuntimeName } from './engine.ts'

/** Daemons lie in folders that the PATH of ordinary users lacks. */
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
const TIMEOUT_MS = 10_000

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...FOLDERS]
  return folders
    .filter(folder => folder.startsWith('/'))
    .map(folder => join(folder, name))
    .find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Undefined where it cannot be read. */
export async function versionOf(path: string): Promise<Version | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: TIMEOUT_MS })
    return parseVersion(stdout)
  } catch {
    return undefined
  }
}

export function parseVersion(text: string): Version | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)]
}

/** Runtimes that the shim can become. */
export function installedRuntimes(): RuntimeName[] {
  return (['runc', 'crun'] as const).filter(name => findProgram(name) !== undefined)
}
