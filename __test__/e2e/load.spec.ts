/** Many containers, many calls, and a JavaScript thread that does not come to anything. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { until } from '../helpers/child.ts'
import { startDaemonFor, type DaemonOptions, type DaemonProcess } from '../helpers/daemon-process.ts'
import { startFakeRuntime, sumTallies } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { projectRoot } from '../helpers/project.ts'
import { threadsOf } from '../helpers/threads.ts'

/** A program of ours that embeds the daemon and blocks its own JavaScript thread. */
const EMBEDDING = join(projectRoot, '__test__/fixtures/embedding.mjs')
const CONTAINERS = 200
const CALLS = 1000
const TOTAL = 'seccomp_notifyd_calls_total'

function start(t: ExecutionContext, options: DaemonOptions = {}): Promise<DaemonProcess> {
  return startDaemonFor(t, folderOf(t), { config: { policy: { errno: 'EPERM' } }, ...options })
}

test('two hundred containers with a thousand calls each: every call is counted, and no thread was added', async t => {
  const daemon = await start(t)
  // The first container pays for what starts late.
  await startFakeRuntime(daemon.listenerSocket, ['--id', 'first']).finished
  const before = threadsOf(daemon.pid).length
  const args = ['--id', 'load', '--copies', String(CONTAINERS), '--calls', String(CALLS), '--wait-close']
  const runtime = startFakeRuntime(daemon.listenerSocket, args)
  await until(async () => (await daemon.metric(TOTAL)) > CONTAINERS, 30_000)
  t.is(threadsOf(daemon.pid).length, before)
  const { code, stdout, stderr } = await runtime.finished
  t.is(code, 0, stderr)
  t.deepEqual(sumTallies(stdout), { calls: CONTAINERS * CALLS, errnos: { EPERM: CONTAINERS * CALLS } })
  await until(async () => (await daemon.metric(TOTAL)) > CONTAINERS * CALLS, 10_000)
  t.is(await daemon.metric(TOTAL), CONTAINERS * CALLS + 1)
  t.is(await daemon.total(), CONTAINERS * CALLS + 1)
  t.is(threadsOf(daemon.pid).length, before)
})

test('while JavaScript is blocked, containers are handed over, calls return, and no count is lost', async t => {
  const daemon = await start(t, { program: [EMBEDDING], input: 'pipe' })
  const enough = `${daemon.listenerSocket}.enough`
  daemon.child.process.stdin?.write(`${enough}\n`)
  await daemon.child.printed('blocking')
  // More calls than the ring has events, so that the rest is known from the counters alone.
  const args = ['--id', 'meanwhile', '--copies', '8', '--calls', '10000']
  const { stdout } = await startFakeRuntime(daemon.listenerSocket, args).finished
  t.deepEqual(sumTallies(stdout), { calls: 80_000, errnos: { EPERM: 80_000 } })
  t.false(daemon.child.stdout().includes('back'))
  writeFileSync(enough, '')
  await daemon.child.printed('back')
  await until(async () => (await daemon.total()) === 80_000, 10_000)
  t.true((await daemon.metric('seccomp_notifyd_dropped_events_total')) > 0)
  daemon.child.process.stdin?.end()
  t.is((await daemon.child.finished).code, 0)
})
