/** `runtime install` and real engines: what it writes is what they read, and what they keep holds the executable. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { start, until } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { needContainerd, startContainerd } from '../helpers/containerd.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import { IMAGE, needDocker, startDocker } from '../helpers/docker.ts'
import { checksWith } from '../helpers/engine-checks.ts'
import { folderOf } from '../helpers/folder.ts'
import { findCommand } from '../helpers/needs.ts'
import { createPodman, needPodman } from '../helpers/podman.ts'
import { trustedFolder } from '../helpers/trusted-folder.ts'

/** In whose place the shim stands under Podman. */
const PREFERRED = findCommand('crun') === undefined ? 'runc' : 'crun'

interface Installation {
  /** Where the executables are. */
  dir: string
  /** Where the shim's own configuration is: it watches all containers, for this daemon. */
  env: Record<string, string>
  install(engine: string, file: string): Promise<void>
  uninstall: () => ReturnType<typeof cli>
}

/** Podman's containers are looked for in a storage of the test's own. */
function installationIn(t: ExecutionContext, listener: string, storage?: Record<string, string>): Installation {
  const folder = trustedFolder(t)
  const dir = join(folder, 'ours')
  const settings = join(folder, 'runtime.json')
  writeFileSync(settings, JSON.stringify({ listener, watch: 'all', cacheDir: join(folder, 'cache') }))
  const places = storage ?? { driver: 'vfs', graphroot: join(folder, 'graph'), runroot: join(folder, 'run') }
  const lines = Object.entries(places).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
  writeFileSync(join(folder, 'storage.conf'), `[storage]\n${lines.join('')}`)
  const env = { ...process.env, CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf') }
  const call = (...args: string[]) => cli(['runtime', ...args, '--dir', dir, '--yes'], { env, deadlineMs: 120_000 })
  return {
    dir,
    env: { SECCOMP_NOTIFYD_RUNTIME_CONFIG: settings },
    async install(engine, file) {
      const { code, stderr } = await call('install', '--engine', engine, '--config-file', `${engine}=${file}`)
      t.is(code, 0, stderr)
    },
    uninstall: () => call('uninstall'),
  }
}

/** Refused for this container, and nothing is gone. */
async function isKept(t: ExecutionContext, { dir, uninstall }: Installation, container: RegExp): Promise<void> {
  const { code, stderr } = await uninstall()
  t.is(code, 1, stderr)
  t.regex(stderr, container)
  t.true(stderr.includes('remove these containers first, or leave the executable there with --keep-executable'))
  t.true(existsSync(join(dir, 'runc')))
}

async function isGone(t: ExecutionContext, { dir, uninstall }: Installation): Promise<void> {
  const { code, stderr } = await uninstall()
  t.is(code, 0, stderr)
  t.false(existsSync(dir))
}

checksWith('docker', needDocker())('containers run under the name, and keep the executable', async t => {
  const daemon = await startDaemonFor(t, folderOf(t))
  const installed = installationIn(t, daemon.listenerSocket)
  const config = { file: '', text: '' }
  const prepare = async (file: string) => {
    Object.assign(config, { file, text: readFileSync(file, 'utf8') })
    await installed.install('docker', file)
  }
  const docker = await startDocker(t, {}, 'runc', { env: installed.env, prepare })
  const run = ['run', '--runtime', 'notifyd', '--network', 'none']
  const ended = await docker.call([...run, '--name', 'keeps', IMAGE, 'swapoff', '/dev/null'])
  t.regex(ended.stderr, /Operation not permitted/)
  const seen = () => daemon.metric('seccomp_notifyd_calls_total', { syscall: 'swapoff' })
  await until(
    async () => (await seen().catch(() => undefined)) === 1,
    5000,
    () => `the call was not counted:\n${daemon.child.stdout()}${daemon.child.stderr()}`,
  )
  await isKept(t, installed, /docker: the container [0-9a-f]{12} \(keeps\), exited, refers to /)
  t.true(readFileSync(config.file, 'utf8').includes('notifyd'))
  t.is((await docker.call(['rm', 'keeps'])).code, 0)
  await isGone(t, installed)
  t.is(readFileSync(config.file, 'utf8'), config.text)
})

const CRI = `
[plugins."io.containerd.grpc.v1.cri"]
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      ShimCgroup = "/ours"
`

checksWith('containerd', needContainerd())('it reads the handler, and its containers keep the executable', async t => {
  const installed = installationIn(t, '/nonexistent/listener.sock')
  const config = { file: '', text: '' }
  const prepare = async (file: string) => {
    Object.assign(config, { file, text: readFileSync(file, 'utf8') })
    await installed.install('containerd', file)
  }
  const containerd = await startContainerd(t, installed.env, { cri: CRI, prepare })
  const { stdout: dump } = await start('containerd', ['--config', config.file, 'config', 'dump']).finished
  // Members that we did not write show that the engine has read the table as a handler.
  const handler = /runtimes\.notifyd\]([^]*?)\n\n[^]*?runtimes\.notifyd\.options\]([^]*?)\n\n/.exec(dump)
  t.true(handler?.[1]?.includes('privileged_without_host_devices = false'), dump)
  t.true(handler?.[1]?.includes('"seccomp-notifyd.io/*"'))
  t.true(handler?.[2]?.includes(`BinaryName = "${installed.dir}/runc"`))
  t.true(handler?.[2]?.includes('ShimCgroup = "/ours"'))
  const { stdout: plugins } = await containerd.call(['plugins', 'list'])
  t.regex(plugins, /io\.containerd\.grpc\.v1 +cri +\S+ +ok/)
  const binary = ['--runc-binary', join(installed.dir, 'runc')]
  const made = await containerd.call([
    'run',
    ...binary,
    '--rootfs',
    containerd.rootfs,
    'keeps',
    '/bin/sh',
    '-c',
    'exit 7',
  ])
  t.is(made.code, 7, made.stderr)
  await isKept(t, installed, /containerd: the container keeps \(default\), created, refers to /)
  t.is((await containerd.call(['containers', 'delete', 'keeps'])).code, 0)
  await isGone(t, installed)
  t.is(readFileSync(config.file, 'utf8'), config.text)
})

checksWith('podman', needPodman(PREFERRED))('containers run under the name, and keep the executable', async t => {
  const file = join(trustedFolder(t), 'containers.conf')
  writeFileSync(file, '# of the test\n[engine]\nevents_logger = "file"\n')
  const env: Record<string, string> = { CONTAINERS_CONF: file }
  const podman = await createPodman(t, PREFERRED, env)
  const installed = installationIn(t, '/nonexistent/listener.sock', podman.storage)
  await installed.install('podman', file)
  const ended = await podman.run('notifyd', ['--name', 'keeps'], ['swapoff', '/dev/null'])
  t.regex(ended.stderr, /Operation not permitted/)
  // Podman gives runtimes no environment, so the shim's own configuration is not reached here.
  const { stdout: path } = await podman.call(['--runtime', 'notifyd', 'info', '--format', '{{.Host.OCIRuntime.Path}}'])
  t.is(path.trim(), join(installed.dir, PREFERRED))
  await isKept(t, installed, /podman: the container [0-9a-f]{12} \(keeps\), exited, refers to /)
  t.is((await podman.call(['rm', 'keeps'])).code, 0)
  await isGone(t, installed)
  t.is(readFileSync(file, 'utf8'), '# of the test\n[engine]\nevents_logger = "file"\n')
})
