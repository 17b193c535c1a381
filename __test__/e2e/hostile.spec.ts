/** Programs that die while their call waits, or that never leave off: the daemon and everybody else go on. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { sleep, until } from '../helpers/child.ts'
import type { RuntimeName } from '../helpers/containers.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { MKDIR, readTallies, startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { projectRoot } from '../helpers/project.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'
import { ownSleeps } from '../helpers/threads.ts'

const EMBEDDING = join(projectRoot, '__test__/fixtures/embedding.mjs')
const KILLED = 137

test('callers that are killed while they wait disturb neither the loop, nor others, nor the log', async t => {
  const env = { ...process.env, DELAY_US: '1000' }
  const config = { policy: { errno: 'EPERM' } }
  const daemon = await startDaemonFor(t, folderOf(t), { program: [EMBEDDING], env, config, input: 'pipe' })
  const run = (id: string, ...program: string[]) =>
    startFakeRuntime(daemon.listenerSocket, ['--id', id, '--call', MKDIR, '--', ...program]).finished
  const [dying, steady] = await Promise.all([
    run('dying', guest('dies-while-waiting'), '200', '500'),
    run('steady', guest('calls-repeatedly'), '2000'),
  ])
  t.regex(dying.stdout, /\{"killed":200\}/)
  t.like(readTallies(steady.stdout)[0], { calls: 2000, errnos: { EPERM: 2000 } })
  await until(async () => (await ended(daemon)).length === 2, 10_000)
  t.true((await daemon.metric('seccomp_notifyd_aborted_notifications_total')) > 0)
  t.is(await daemon.total(), await daemon.metric('seccomp_notifyd_calls_total'))
  const { calls = [] } = (await daemon.container('steady')) ?? {}
  t.deepEqual(
    calls.map(({ phase, count }) => ({ phase, count })),
    [{ phase: 'run', count: 2000 }],
  )
  t.deepEqual(
    daemon.logs().filter(({ level }) => level === 'error' || level === 'fatal'),
    [],
  )
  await sleep(1000)
  const before = ownSleeps(daemon.pid)
  await sleep(2000)
  t.deepEqual(ownSleeps(daemon.pid), before, 'the loop has come to rest')
})

async function ended(daemon: DaemonProcess): Promise<string[]> {
  return (await daemon.containers()).filter(({ state }) => state === 'exited').map(({ id }) => id)
}

function define(runtime: RuntimeName): void {
  const { check, setting } = checksUnder(runtime)

  check('a program that cannot exit is stopped at the bound, and others are answered meanwhile', async t => {
    const policy = { action: 'log', debounce: '2s', maxDelay: '4s', errno: 'EPERM' }
    const { runtimes, daemon, profile } = await setting(t, { config: { policy } }, ['never-exits', 'calls-repeatedly'])
    const flood = runtimes.bundle({
      args: ['never-exits'],
      profile: profile(['exit_group']),
      annotations: { 'seccomp-notifyd.io/action': 'stop' },
    })
    const container = runtimes.run('spins', flood)
    await until(async () => (await daemon.calls('spins', 'exit_group')) > 1000, 20_000)
    const before = residentKib(daemon.pid)
    const quiet = runtimes.bundle({ args: ['calls-repeatedly', '500'], profile: profile(['mkdir', 'mkdirat']) })
    const { stdout, stderr } = await runtimes.run('quiet', quiet).finished
    t.like(readTallies(stdout)[0], { calls: 500, errnos: { EPERM: 500 } }, stderr)
    t.is((await container.finished).code, KILLED)
    await until(async () => (await daemon.container('spins'))?.state === 'stopped', 5000)
    const calls = await daemon.calls('spins', 'exit_group')
    const told = Number(/exit_group \((\d+)x\)/.exec((await daemon.container('spins'))?.message ?? '')?.[1])
    // What it did between the message and its end is counted, and told by nobody.
    t.true(told > 1000 && told <= calls, `${told} of ${calls} calls are told`)
    t.true(daemon.child.stderr().length < 1_000_000)
    t.true(residentKib(daemon.pid) - before < 100_000, `${before} KiB became ${residentKib(daemon.pid)} KiB`)
  })
}

function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)
