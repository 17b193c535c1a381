/** A Docker engine of the test's own: its data, its sockets and its containers lie in one folder and end with it. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { start, until, type Finished } from './child.ts'
import { makeRootfs } from './containers.ts'
import { findCommand, type Need } from './needs.ts'

/** Of Debian's package; what lies elsewhere may be of another version than the engine. */
const CLIENT = '/usr/bin/docker'
/** A root file system of busybox under its usual names. */
export const IMAGE = 'busybox:test'

export interface Docker {
  /** Any command of the client. */
  call(args: string[]): Promise<Finished>
  /** Makes an image of a root file system. */
  addImage(name: string, root: string): Promise<void>
}

export function needDocker(): Need {
  if (process.getuid?.() !== 0) return { usable: false, reason: 'not root' }
  const missing = ['dockerd', 'docker', 'containerd', 'runc', 'busybox'].find(name => findCommand(name) === undefined)
  return missing === undefined ? { usable: true } : { usable: false, reason: `${missing} is not installed` }
}

export interface DockerOptions {
  /** Of the engine and, unless a containerd runs already, of the runtimes. */
  env?: Record<string, string>
  /** What becomes of the configuration before the engine reads it. */
  prepare?: (configFile: string) => Promise<void>
}

/**
 * Starts the engine without network, and loads one image; with these runtimes, name and executable, beside its own, and
 * one of them where a container chooses none. It uses a containerd that runs already.
 */
export async function startDocker(
  t: ExecutionContext,
  runtimes: Record<string, string>,
  defaultRuntime = 'runc',
  { env = {}, prepare }: DockerOptions = {},
): Promise<Docker> {
  const folder = mkdtempSync(join(tmpdir(), 'sn-docker-'))
  const host = `unix://${join(folder, 'd.sock')}`
  const file = configure(folder, host, runtimes, defaultRuntime)
  await prepare?.(file)
  const engine = start(findCommand('dockerd') ?? 'dockerd', ['--config-file', file], {
    env: { ...process.env, ...env },
    deadlineMs: 170_000,
  })
  const client = existsSync(CLIENT) ? CLIENT : 'docker'
  const call = (args: string[]) => start(client, ['--host', host, ...args]).finished
  t.teardown(async () => {
    await removeContainers(call)
    engine.process.kill('SIGTERM')
    await engine.finished
    unmountBelow(folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  await until(
    async () => (await call(['version'])).code === 0,
    60_000,
    () => `the engine is not ready:\n${engine.stderr()}`,
  )
  const addImage = (name: string, root: string) => importImage(call, name, root)
  await addImage(IMAGE, makeRootfs(join(folder, 'root'), []))
  return { call, addImage }
}

function configure(folder: string, host: string, runtimes: Record<string, string>, defaultRuntime: string): string {
  const file = join(folder, 'daemon.json')
  const settings = {
    'data-root': join(folder, 'data'),
    'exec-root': join(folder, 'exec'),
    pidfile: join(folder, 'pid'),
    hosts: [host],
    bridge: 'none',
    iptables: false,
    'ip-forward': false,
    'default-runtime': defaultRuntime,
    runtimes: Object.fromEntries(Object.entries(runtimes).map(([name, path]) => [name, { path }])),
  }
  writeFileSync(file, JSON.stringify(settings))
  return file
}

async function importImage(call: Docker['call'], name: string, root: string): Promise<void> {
  const file = `${root}.tar`
  execFileSync('tar', ['-C', root, '-cf', file, '.'])
  const { code, stderr } = await call(['import', file, name])
  if (code !== 0) throw new Error(`importing the image ${name}: ${stderr}`)
}

async function removeContainers(call: Docker['call']): Promise<void> {
  const ids = (await call(['ps', '--all', '--quiet'])).stdout.split('\n').filter(id => id !== '')
  if (ids.length > 0) await call(['rm', '--force', ...ids])
}

/** What an engine that was ended left mounted would keep its folder from being removed. */
function unmountBelow(folder: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const points = mounts.map(line => line.split(' ')[1] ?? '').filter(point => point.startsWith(`${folder}/`))
  for (const point of points.toReversed()) execFileSync('umount', ['--lazy', point])
}
