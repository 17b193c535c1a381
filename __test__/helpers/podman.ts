/** Podman with storage of the test's own; what it starts ends with the test. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { start, until, type Finished } from './child.ts'
import { isHybrid, makeRootfs, processesWith, type RuntimeName } from './containers.ts'
import { findCommand, needRuntime, type Need } from './needs.ts'

/** Podman asks for more than an ordinary process may have. */
export const LIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']

export interface Podman {
  /** Where its containers are, as `storage.conf` says it. */
  readonly storage: Record<'driver' | 'graphroot' | 'runroot', string>
  /** Runs a container of busybox without network, to its end unless an option says otherwise. */
  run(runtime: string, options: string[], command: string[]): Promise<Finished>
  /** Any other command. */
  call(args: string[]): Promise<Finished>
}

export function needPodman(runtime: RuntimeName): Need {
  const need = needRuntime(runtime)
  if (!need.usable) return need
  const missing = ['podman', 'conmon'].find(name => findCommand(name) === undefined)
  return missing === undefined ? { usable: true } : { usable: false, reason: `${missing} is not installed` }
}

/** Podman for containers of that runtime. */
export async function createPodman(
  t: ExecutionContext,
  runtime: RuntimeName,
  env: Record<string, string> = {},
): Promise<Podman> {
  const folder = mkdtempSync(join(tmpdir(), 'sn-pod-'))
  t.teardown(async () => {
    // conmon cleans up after a container by Podman, whether that is removed meanwhile or not.
    await until(() => processesWith(folder).length === 0, 10_000)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  const rootfs = makeRootfs(join(folder, 'rootfs'), [])
  const folders = ['root', 'runroot', 'tmpdir'].flatMap(name => [`--${name}`, join(folder, name)])
  const fixed = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file']
  const [program, ...first] = [...(await whereItWorks(t, runtime)), 'podman', ...folders, ...fixed] as [string]
  const call = (args: string[]) => start(program, [...first, ...args], { env: { ...process.env, ...env } }).finished
  t.teardown(() => call(['rm', '--all', '--force', '--time', '0']))
  const run: Podman['run'] = (path, options, command) =>
    call(['--runtime', path, 'run', '--network', 'none', ...LIMITS, ...options, '--rootfs', rootfs, ...command])
  const storage = { driver: 'vfs', graphroot: join(folder, 'root'), runroot: join(folder, 'runroot') }
  return { run, call, storage }
}

/** crun (1.8) refuses the hybrid cgroup layout: then it lives in mounts without that, as long as the test. */
async function whereItWorks(t: ExecutionContext, runtime: RuntimeName): Promise<string[]> {
  if (runtime === 'runc' || !isHybrid()) return []
  const script = 'umount /sys/fs/cgroup/unified && echo ready && exec sleep 170'
  const mounts = start('unshare', ['--mount', 'sh', '-c', script], { deadlineMs: 180_000 })
  t.teardown(() => {
    mounts.process.kill('SIGKILL')
    return mounts.finished
  })
  await mounts.printed('ready')
  return ['nsenter', '--mount', '--target', `${mounts.pid}`]
}
