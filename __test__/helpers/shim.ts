/** The runtime shim as an operator installs it: under the name of a runtime, with a configuration of its own. */

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Command, RuntimeName } from './containers.ts'
import { projectRoot } from './project.ts'

export const SHIM = join(projectRoot, 'native/seccomp-notifyd-runtime')

export interface ShimSettings {
  listener?: string
  runtimes?: Partial<Record<RuntimeName, string>>
  watch?: 'annotated' | 'all'
  failurePolicy?: 'open' | 'closed'
  withoutProfile?: 'leave' | 'runtime-default'
}

export interface Shim {
  readonly folder: string
  readonly path: string
  /** Where its configuration is. */
  readonly env: Record<string, string>
  /** What to type instead of the runtime's name. */
  readonly command: Command
  /** One file that is the same, for engines whose runtimes have the environment of another process. */
  readonly script: string
  configure(settings: ShimSettings): void
  /** Names of the profiles that it has rewritten and keeps. */
  kept(): string[]
}

export function installShim(t: ExecutionContext, name: string, settings: ShimSettings = {}): Shim {
  const folder = mkdtempSync(join(tmpdir(), 'sn-shim-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const path = join(folder, name)
  copyFileSync(SHIM, path)
  const file = join(folder, 'runtime.json')
  const cacheDir = join(folder, 'cache')
  const configure = (changed: ShimSettings) => writeFileSync(file, JSON.stringify({ cacheDir, ...changed }))
  configure(settings)
  const env = { SECCOMP_NOTIFYD_RUNTIME_CONFIG: file }
  const script = join(folder, 'script', name)
  mkdirSync(join(folder, 'script'))
  writeFileSync(script, `#!/bin/sh\nSECCOMP_NOTIFYD_RUNTIME_CONFIG=${file} exec ${path} "$@"\n`, { mode: 0o755 })
  return {
    folder,
    path,
    script,
    env,
    command: ['env', `SECCOMP_NOTIFYD_RUNTIME_CONFIG=${file}`, path],
    configure,
    kept: () => readdirSync(cacheDir),
  }
}
