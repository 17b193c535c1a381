/** A containerd of the test's own: its state, its socket and its containers lie in one folder and end with it. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { start, until, type Finished, type Running } from './child.ts'
import { makeRootfs } from './containers.ts'
import { findCommand, type Need } from './needs.ts'

export interface Containerd {
  readonly folder: string
  readonly socket: string
  /** Of busybox under its usual names; containers share it. */
  readonly rootfs: string
  /** Any command of `ctr`. */
  start(args: string[]): Running
  call(args: string[]): Promise<Finished>
}

export function needContainerd(): Need {
  if (process.getuid?.() !== 0) return { usable: false, reason: 'not root' }
  const missing = ['containerd', 'ctr', 'runc', 'busybox'].find(name => findCommand(name) === undefined)
  return missing === undefined ? { usable: true } : { usable: false, reason: `${missing} is not installed` }
}

/**
 * Starts it without its interface for Kubernetes, unless that is asked for. The environment is the runtimes' too.
 * `prepare` may change the configuration before it is read.
 */
export async function startContainerd(
  t: ExecutionContext,
  env: Record<string, string>,
  { cri, prepare }: { cri?: string; prepare?: (configFile: string) => Promise<void> } = {},
): Promise<Containerd> {
  const folder = mkdtempSync(join(tmpdir(), 'sn-ctrd-'))
  const socket = join(folder, 'c.sock')
  const file = configure(folder, socket, cri)
  await prepare?.(file)
  const engine = start('containerd', ['--config', file], {
    env: { ...process.env, ...env },
    deadlineMs: 170_000,
  })
  const ctr = (args: string[]) => start('ctr', ['--address', socket, ...args])
  const call = (args: string[]) => ctr(args).finished
  t.teardown(async () => {
    await endTasks(call)
    engine.process.kill('SIGTERM')
    await engine.finished
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  const isReady = async () => (await call(['version'])).code === 0
  await until(isReady, 60_000, () => `containerd is not ready:\n${engine.stderr()}`)
  return { folder, socket, rootfs: makeRootfs(join(folder, 'rootfs'), []), start: ctr, call }
}

/** `cri` is TOML of that interface; without any it is off. */
function configure(folder: string, socket: string, cri?: string): string {
  const file = join(folder, 'config.toml')
  mkdirSync(join(folder, 'root'))
  writeFileSync(
    file,
    `version = 2
root = "${join(folder, 'root')}"
state = "${join(folder, 'state')}"
disabled_plugins = [${cri === undefined ? '"io.containerd.grpc.v1.cri"' : ''}]
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${join(folder, 't.sock')}"
${cri ?? ''}`,
  )
  return file
}

/** Of all namespaces: a test may have made some. */
async function endTasks(call: Containerd['call']): Promise<void> {
  for (const namespace of lines(await call(['namespaces', 'list', '--quiet']))) {
    const ctr = (...args: string[]) => call(['--namespace', namespace, ...args])
    for (const id of lines(await ctr('containers', 'list', '--quiet'))) {
      await ctr('tasks', 'delete', '--force', id)
      await ctr('containers', 'delete', id)
    }
  }
}

function lines({ stdout }: Finished): string[] {
  return stdout.split('\n').filter(line => line !== '')
}
