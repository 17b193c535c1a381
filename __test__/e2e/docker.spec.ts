/** Docker: an engine that loses `listenerPath`, watched by a runtime of ours that it is told of. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { until, type Finished } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { startDaemon, startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { IMAGE, needDocker, startDocker, type Docker } from '../helpers/docker.ts'
import { checksWith } from '../helpers/engine-checks.ts'
import { folderOf } from '../helpers/folder.ts'
import { installShim, type Shim } from '../helpers/shim.ts'

const OURS = 'notifyd'
const CALLS_TOTAL = 'seccomp_notifyd_calls_total'
const CONTAINER_CALLS = 'seccomp_notifyd_container_calls_total'
/** Neither has a rule of its own in Docker's default profile: it is its default action that denies them. */
const DENIED_CALLS = 'swapoff /dev/null; unshare --mount true; exit 7'
/** Of one life: `run`, the two starts of the other container, and its two `exec`. */
const SWAPOFFS = 5

const check = checksWith('docker', needDocker())

check("what Docker's own profile denies is seen, and the container's life is as without us", async t => {
  const { docker, daemon } = await setting(t)
  const lives = [await life(docker, 'named', ['--runtime', OURS]), await life(docker, 'default', [])]
  const without = await life(docker, 'without', ['--runtime', 'runc'])
  for (const under of lives) t.deepEqual(under, without)
  t.like(without, { ran: { code: 7 }, removed: '', exec: { code: 1 }, logs: { stdout: 'up\nup\n' }, exitCode: '137' })
  t.regex(without.ran.stderr, /swapoff: .*Operation not permitted[^]*unshare.*Operation not permitted/)
  t.regex(without.terminal.stdout, /swapoff: .*Operation not permitted\r\n$/)
  const calls = (syscall: string) => daemon.metric(CALLS_TOTAL, { syscall, verdict: 'EPERM' })
  await until(async () => (await calls('swapoff')) === 2 * SWAPOFFS, 5000)
  t.is(await calls('unshare'), 2)
})

check('a container that Docker always restarts is stopped, and after the third time only logged', async t => {
  const policy = { action: 'stop', debounce: '200ms' }
  const { docker, daemon } = await setting(t, { policy, storm: { stops: 3, within: '10m' } })
  const command = ['sh', '-c', 'swapoff /dev/null; exec sleep 1000']
  const { stdout } = await docker.call(run(['--detach', '--name', 'again', '--restart', 'always'], command))
  const id = stdout.trim()
  const describe = () => cli(['describe', id, '--api-socket', daemon.apiSocket])
  const latched = 'was stopped 3 times within 10 minutes and is now only logged'
  await until(async () => (await describe()).stdout.includes(latched), 30_000)
  // Docker may not have put down yet that it runs.
  const state = () => inspect(docker, 'again', '{{.State.Status}} {{.RestartCount}}')
  await until(async () => (await state()) === 'running 3', 10_000)
  const stops = (outcome: string) => daemon.metric('seccomp_notifyd_stops_total', { outcome })
  t.deepEqual([await stops('stopped'), await stops('latched')], [3, 1])
})

check("a profile of the user's own, which need not know of us, is watched", async t => {
  const { docker, daemon, shim } = await setting(t)
  const file = join(shim.folder, 'profile.json')
  const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO' }] }
  writeFileSync(file, JSON.stringify(profile))
  const { code, stderr } = await docker.call(run(['--security-opt', `seccomp=${file}`], ['mkdir', '/x']))
  t.is(code, 1)
  t.regex(stderr, /mkdir: .*Operation not permitted/)
  await until(async () => (await daemon.metric(CALLS_TOTAL, { syscall: 'mkdir' })) === 1, 5000)
})

check('containers are called as in `docker ps`, and a new name shows at the next start', async t => {
  const { docker, daemon, shim } = await setting(t)
  const command = ['sh', '-c', 'swapoff /dev/null; exec sleep 1000']
  const { stdout } = await docker.call(run(['--detach', '--name', 'shop.web-1', '--hostname', 'other'], command))
  const id = stdout.trim()
  // It has the other's files for hosts and host name mounted.
  const sharing = ['run', '--detach', '--net', 'container:shop.web-1', IMAGE, ...command]
  t.is((await docker.call(sharing)).code, 0)
  const named = async () =>
    (await daemon.containers()).map(({ name, image, engine }) => [name, image, engine].join(' '))
  const ofImage = async () => (await named()).filter(text => text.endsWith(`${IMAGE} docker`)).length
  await until(async () => (await ofImage()) === 2, 10_000)
  const [shared = '', own = ''] = await named()
  t.is(own, `shop.web-1 ${IMAGE} docker`)
  t.regex(shared, new RegExp(`^[a-z]+_[a-z]+ ${IMAGE} docker$`), 'a name of Docker itself')
  const calls = (container: string) => daemon.metric(CONTAINER_CALLS, { container, syscall: 'swapoff' })
  await until(async () => (await calls('shop.web-1')) === 1, 5000)
  t.is(await daemon.metric(CONTAINER_CALLS, { container: id }), 0)

  t.is((await docker.call(['rename', 'shop.web-1', 'shop.api'])).code, 0)
  t.is((await docker.call(['restart', '--time', '0', 'shop.api'])).code, 0)
  await until(async () => (await calls('shop.api')) === 1, 10_000)
  t.is(await calls('shop.web-1'), 1)
  const { stdout: text } = await cli(['describe', 'shop.api', '--api-socket', daemon.apiSocket])
  t.regex(text, new RegExp(`^Name: +shop\\.api\nImage: +${IMAGE}\nEngine: +docker\nID: +${id}\n`))

  await daemon.stop()
  const again = await startDaemonFor(t, shim.folder)
  const ended = (await again.containers()).map(({ name }) => name)
  t.true(
    ['shop.web-1', 'shop.api'].every(name => ended.includes(name)),
    ended.join(),
  )
})

check('with nobody listening `open` starts, and `closed` refuses in the words of the runtime', async t => {
  const { docker, daemon, shim } = await setting(t)
  await daemon.stop()
  t.is((await docker.call(run([], ['sh', '-c', 'exit 5']))).code, 5)
  shim.configure({ listener: daemon.listenerSocket, watch: 'all', failurePolicy: 'closed' })
  const { code, stderr } = await docker.call(run([], ['sh', '-c', 'exit 5']))
  t.true(code > 124, `${code}`)
  t.regex(stderr, /seccomp-notifyd-runtime: connecting to the listener .*: No such file or directory.*; hint: /)
})

check('what was recorded for Docker runs under it with nothing else, and what was not is denied', async t => {
  const docker = await startDocker(t, {})
  const file = join(folderOf(t), 'recorded.json')
  const script = 'cd /tmp; echo x > a; sort a | uniq -c; (exit 4); e=$?; rm a; exit $e'
  const recorded = await cli(['record', '--for', 'docker', '-o', file, '--', 'busybox', 'sh', '-c', script])
  t.is(recorded.code, 4, recorded.stderr)
  const under = (command: string) => docker.call(run(['--security-opt', `seccomp=${file}`], ['sh', '-c', command]))
  const again = await under(script)
  t.deepEqual([again.code, again.stdout], [4, recorded.stdout], again.stderr)
  const denied = await under('mkdir /tmp/made || exit 9')
  t.is(denied.code, 9)
  t.regex(denied.stderr, /mkdir: .*Operation not permitted/)
})

interface Life {
  ran: Finished
  /** Containers that are left of it. */
  removed: string
  exec: Finished
  terminal: Finished
  restarted: number
  logs: Finished
  stopped: number
  exitCode: string
}

/** What somebody does with containers, and what comes of it. */
async function life(docker: Docker, name: string, options: string[]): Promise<Life> {
  const ran = await docker.call(run(['--rm', '--name', `ran-${name}`, ...options], ['sh', '-c', DENIED_CALLS]))
  const removed = (await docker.call(['ps', '--all', '--quiet', '--filter', `name=ran-${name}`])).stdout
  const script = 'echo up; swapoff /dev/null; exec sleep 1000'
  await docker.call(run(['--detach', '--name', name, ...options], ['sh', '-c', script]))
  const exec = await docker.call(['exec', name, 'swapoff', '/dev/null'])
  const terminal = await docker.call(['exec', '--tty', name, 'swapoff', '/dev/null'])
  await refused(docker, name, 1)
  const restarted = (await docker.call(['restart', '--time', '0', name])).code
  await refused(docker, name, 2)
  const stopped = (await docker.call(['stop', '--time', '0', name])).code
  const logs = await docker.call(['logs', name])
  const exitCode = await inspect(docker, name, '{{.State.ExitCode}}')
  return { ran, removed, exec, terminal, restarted, logs, stopped, exitCode }
}

/** Waits until the container's own call was denied that often. */
function refused(docker: Docker, name: string, times: number): Promise<void> {
  const told = async () => (await docker.call(['logs', name])).stderr.match(/not permitted/g)?.length
  return until(async () => (await told()) === times, 10_000)
}

async function inspect(docker: Docker, name: string, format: string): Promise<string> {
  return (await docker.call(['inspect', '--format', format, name])).stdout.trim()
}

function run(options: string[], command: string[]): string[] {
  return ['run', '--net', 'none', ...options, IMAGE, ...command]
}

interface Setting {
  docker: Docker
  daemon: DaemonProcess
  shim: Shim
}

/** Containers are ours unless they choose another runtime. */
async function setting(t: ExecutionContext, config: object = {}): Promise<Setting> {
  const shim = installShim(t, 'runc')
  const daemon = await startDaemon(shim.folder, { config })
  t.teardown(() => daemon.kill9())
  // Docker gives containers no annotations before its version 24.
  shim.configure({ listener: daemon.listenerSocket, watch: 'all' })
  const docker = await startDocker(t, { [OURS]: shim.script }, OURS)
  return { docker, daemon, shim }
}
