/** The listener socket as runtimes and other daemons meet it: owned, stale, crowded. */

import { existsSync, statSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { until } from '../helpers/child.ts'
import { startDaemonFor, type DaemonOptions, type DaemonProcess } from '../helpers/daemon-process.ts'
import { startFakeRuntime, sumTallies } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { heldListeners } from '../helpers/threads.ts'

const EPERM = { policy: { errno: 'EPERM' } }

function start(t: ExecutionContext, folder: string, options: DaemonOptions = {}): Promise<DaemonProcess> {
  return startDaemonFor(t, folder, { config: EPERM, ...options })
}

test('a second daemon with a state of its own is refused the socket, and the first goes on serving', async t => {
  const first = await start(t, folderOf(t))
  const before = statSync(first.listenerSocket).ino
  const config = { ...EPERM, listener: { socket: first.listenerSocket } }
  const second = await start(t, folderOf(t), { config, wait: false })
  const { code, stderr } = await second.child.finished
  t.is(code, 1)
  t.true(stderr.includes(`another process listens on ${first.listenerSocket}`), stderr)
  t.is(statSync(first.listenerSocket).ino, before)
  const served = await startFakeRuntime(first.listenerSocket, ['--id', 'after']).finished
  t.deepEqual(sumTallies(served.stdout).errnos, { EPERM: 1 })
  await until(async () => (await first.total()) === 1, 5000)
})

test('a socket that a killed daemon left is replaced, and a clean stop leaves none', async t => {
  const folder = folderOf(t)
  const killed = await start(t, folder)
  await killed.kill9()
  t.true(existsSync(killed.listenerSocket))
  const left = statSync(killed.listenerSocket).ino
  const daemon = await start(t, folder)
  t.not(statSync(daemon.listenerSocket).ino, left)
  const served = await startFakeRuntime(daemon.listenerSocket, ['--id', 'after']).finished
  t.deepEqual(sumTallies(served.stdout).errnos, { EPERM: 1 })
  t.is((await daemon.stop()).code, 0)
  t.false(existsSync(daemon.listenerSocket))
})

test('three hundred hand-overs at once are all registered and served', async t => {
  const COPIES = 300
  const daemon = await start(t, folderOf(t))
  const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', 'boot', '--copies', String(COPIES), '--stay'])
  const { code, stdout, stderr } = await runtime.finished
  t.is(code, 0, stderr)
  t.deepEqual(sumTallies(stdout), { calls: COPIES, errnos: { EPERM: COPIES } })
  await until(async () => (await daemon.total()) === COPIES, 10_000)
  const ids = (await daemon.containers()).map(({ id }) => id)
  t.deepEqual(ids.toSorted(), Array.from({ length: COPIES }, (_, index) => `boot-${index}`).toSorted())
  await until(() => heldListeners(daemon.pid) === 0, 10_000)
})
