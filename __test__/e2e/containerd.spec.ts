/** containerd by its own client, with its default profile, and a runtime of ours in the place of runc. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { ContainerList } from '../../ts/http/summary.ts'
import { until, type Finished, type Running } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { needContainerd, startContainerd, type Containerd } from '../helpers/containerd.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { checksWith } from '../helpers/engine-checks.ts'
import { findCommand } from '../helpers/needs.ts'
import { installShim, type Shim } from '../helpers/shim.ts'

/** A label is the container's annotation. */
const ASKED_FOR = ['--label', 'seccomp-notifyd.io/action=log']
const ASKED_TO_STOP = ['--label', 'seccomp-notifyd.io/action=stop']
const NAMESPACES = ['one', 'two']
const KILLED = 137
const CONTAINER_CALLS = 'seccomp_notifyd_container_calls_total'
/** What `ctr` prints of a process that ends at once is lost now and then (containerd issue 5741, pull request 13931). */
const DENIED_CALL = 'swapoff /dev/null 2>/said; exit 7'

const check = checksWith('containerd', needContainerd())

check("what containerd's own profile denies is seen where it is asked for, and nothing else is different", async t => {
  const { containerd, daemon, shim } = await setting(t)
  const runc = findCommand('runc') ?? 'runc'
  const [under, without] = [await life(containerd, shim.path, 'under'), await life(containerd, runc, 'without')]
  t.deepEqual(under, without)
  t.like(under, { ran: { code: 7 }, exec: { code: 7 }, code: 137 })
  t.regex(under.said[0] ?? '', /swapoff: .*Operation not permitted/)
  await until(async () => (await daemon.calls('under-ran', 'swapoff')) === 1, 5000)
  await until(async () => (await daemon.calls('under', 'swapoff')) === 1, 5000)
  const unasked = await containerd.call(run(containerd, shim.path, 'unasked', [], ['sh', '-c', DENIED_CALL]))
  t.is(unasked.code, 7)
  t.deepEqual((await daemon.containers()).map(({ id }) => id).toSorted(), ['under', 'under-ran'])
})

check('containers of two namespaces that have one id are two, and the forbidden call of one ends that one', async t => {
  const { containerd, daemon, shim } = await setting(t, { policy: { action: 'stop', debounce: '3s' } })
  const script = ['sh', '-c', 'echo up; exec sleep 1000']
  const [one, two] = NAMESPACES.map(name =>
    containerd.start(['--namespace', name, ...run(containerd, shim.path, 'web', ASKED_TO_STOP, script)]),
  ) as [Running, Running]
  await Promise.all([one.printed('up', 30_000), two.printed('up', 30_000)])
  const webs = async () => (await daemon.containers()).filter(({ id }) => id === 'web')
  const told = async () => (await webs()).map(({ state, calls }) => `${state} ${calls}`).toSorted()
  await until(async () => (await told()).join() === 'running 0,running 0', 5000)
  const namespaces = (await webs()).map(({ name, namespace, engine }) => `${name} ${namespace} ${engine}`)
  t.deepEqual(namespaces.toSorted(), ['web one containerd', 'web two containerd'])
  const ask = (...args: string[]) => cli([...args, '--api-socket', daemon.apiSocket])
  const both = await ask('describe', 'web')
  t.is(both.code, 1)
  t.regex(both.stderr, /2 containers have the id "web": web-\S+ \(namespace \w+\), web-\S+ \(namespace \w+\)/)
  t.regex((await ask('ps')).stdout, /NAME +NAMESPACE +ENGINE .*\n\S+ +web +(one|two) +containerd /)
  const ofOne = await ask('ps', '--namespace', 'one', '--json')
  t.deepEqual(
    (JSON.parse(ofOne.stdout) as ContainerList).containers.map(({ namespace }) => namespace),
    ['one'],
  )

  const exec = (namespace: string) =>
    containerd.call(['--namespace', namespace, 'tasks', 'exec', '--exec-id', 'x', 'web', 'swapoff', '/dev/null'])

  t.is((await exec('one')).code, 1)
  t.is((await one.finished).code, KILLED)
  await until(async () => (await webs()).some(({ state }) => state === 'stopped'), 5000)
  t.deepEqual(await told(), ['running 0', 'stopped 1'])
  const counted = (namespace: string) =>
    daemon.metric(CONTAINER_CALLS, { container: 'web', namespace, syscall: 'swapoff' })
  t.deepEqual([await counted('one'), await counted('two')], [1, 0])
  t.is((await containerd.call(['--namespace', 'two', 'tasks', 'list'])).stdout.match(/web .* RUNNING/g)?.length, 1)

  t.is((await exec('two')).code, 1)
  t.is((await two.finished).code, KILLED)
  await until(async () => (await told()).join() === 'stopped 1,stopped 1', 5000)
})

check('with nobody listening `closed` refuses, and containerd shows why', async t => {
  const { containerd, daemon, shim } = await setting(t)
  await daemon.stop()
  const wish = ['--label', 'seccomp-notifyd.io/failure-policy=closed']
  const { code, stderr } = await containerd.call(run(containerd, shim.path, 'closed', wish, ['true']))
  t.is(code, 1)
  t.regex(stderr, /seccomp-notifyd-runtime: connecting to the listener .*: No such file or directory.*; hint: /)
  const open = await containerd.call(run(containerd, shim.path, 'open', ASKED_FOR, ['sh', '-c', 'exit 5']))
  t.is(open.code, 5, open.stderr)
})

interface Life {
  ran: Finished
  exec: Finished
  said: string[]
  code: number
}

async function life(containerd: Containerd, runtime: string, id: string): Promise<Life> {
  const said = () => readFileSync(join(containerd.rootfs, 'said'), 'utf8')
  const ran = await containerd.call(run(containerd, runtime, `${id}-ran`, ASKED_FOR, ['sh', '-c', DENIED_CALL]))
  const first = said()
  const container = containerd.start(run(containerd, runtime, id, ASKED_FOR, ['sh', '-c', 'echo up; exec sleep 1000']))
  await container.printed('up', 30_000)
  const exec = await containerd.call(['tasks', 'exec', '--exec-id', 'x', id, 'sh', '-c', DENIED_CALL])
  await containerd.call(['tasks', 'kill', '--signal', 'SIGKILL', id])
  return { ran, exec, said: [first, said()], code: (await container.finished).code }
}

function run({ rootfs }: Containerd, runtime: string, id: string, options: string[], command: string[]): string[] {
  const more = ['--runc-binary', runtime, '--seccomp', '--env', 'PATH=/bin', ...options]
  return ['run', '--rm', '--rootfs', ...more, rootfs, id, ...command]
}

interface Setting {
  containerd: Containerd
  daemon: DaemonProcess
  shim: Shim
}

async function setting(t: ExecutionContext, config: object = {}): Promise<Setting> {
  const shim = installShim(t, 'runc')
  const daemon = await startDaemonFor(t, shim.folder, { config })
  shim.configure({ listener: daemon.listenerSocket })
  return { containerd: await startContainerd(t, shim.env), daemon, shim }
}
