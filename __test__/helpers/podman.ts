/** Podman with storage of the test's own; what it starts ends with the test. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { start, type Finished } from './child.ts'
import { makeRootfs } from './containers.ts'
import { findCommand, type Need } from './needs.ts'

/** Podman asks for more than an ordinary process may have. */
const LIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']

export interface Podman {
  /** Runs a container of busybox without network, to its end unless an option says otherwise. */
  run(runtime: string, options: string[], command: string[]): Promise<Finished>
  /** Any other command. */
  call(args: string[]): Promise<Finished>
}

export function needPodman(): Need {
  if (process.getuid?.() !== 0) return { usable: false, reason: 'not root' }
  const missing = ['podman', 'conmon', 'runc', 'busybox'].find(name => findCommand(name) === undefined)
  return missing === undefined ? { usable: true } : { usable: false, reason: `${missing} is not installed` }
}

export function createPodman(t: ExecutionContext): Podman {
  const folder = mkdtempSync(join(tmpdir(), 'sn-pod-'))
  const rootfs = makeRootfs(join(folder, 'rootfs'), [])
  const folders = ['root', 'runroot', 'tmpdir'].flatMap(name => [`--${name}`, join(folder, name)])
  const fixed = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file']
  const call = (args: string[]) => start('podman', [...folders, ...fixed, ...args]).finished
  t.teardown(async () => {
    await call(['rm', '--all', '--force', '--time', '0'])
    rmSync(folder, { recursive: true, force: true })
  })
  const run: Podman['run'] = (runtime, options, command) =>
    call(['--runtime', runtime, 'run', '--network', 'none', ...LIMITS, ...options, '--rootfs', rootfs, ...command])
  return { run, call }
}
