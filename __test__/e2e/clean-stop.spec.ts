/** SIGTERM while calls wait: each gets its verdict's answer, none is lost from the books, nothing hangs. */

import { existsSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { sleep, until } from '../helpers/child.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { MKDIR, readTallies, startFakeRuntime, sumTallies } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { threadsOf } from '../helpers/threads.ts'

const CONTAINERS = 50
/** Calls that each makes after the first that nobody answered. */
const ORPHANED = 100
const EACCES = { policy: { errno: 'EACCES' } }

function start(t: ExecutionContext, folder: string): Promise<DaemonProcess> {
  return startDaemonFor(t, folder, { config: EACCES })
}

test('calls that flow in without end are answered to the last, and the history has exactly these', async t => {
  const folder = folderOf(t)
  const daemon = await start(t, folder)
  const args = ['--id', 'busy', '--copies', String(CONTAINERS), '--call', MKDIR]
  const program = [guest('calls-repeatedly'), '1000000', '500', '-1', String(ORPHANED)]
  const runtime = startFakeRuntime(daemon.listenerSocket, [...args, '--', ...program])
  await until(async () => (await daemon.total()) > 20 * CONTAINERS, 20_000)
  const { code, stderr } = await daemon.stop()
  t.is(code, 0, stderr)
  const { stdout } = await runtime.finished
  const { EACCES: answered = 0, ...orphaned } = sumTallies(stdout).errnos
  t.is(readTallies(stdout).length, CONTAINERS)
  t.deepEqual(orphaned, { ENOSYS: CONTAINERS * (ORPHANED + 1) })
  const successor = await start(t, folder)
  t.is(await successor.total(), answered)
})

test('a flood that never pauses cannot keep the daemon from ending, nor its books from being right', async t => {
  const folder = folderOf(t)
  const daemon = await start(t, folder)
  const args = ['--id', 'flood', '--copies', '2', '--calls', '1000000']
  const runtime = startFakeRuntime(daemon.listenerSocket, args)
  await until(async () => (await daemon.total()) > 1000, 20_000)
  t.is((await daemon.stop()).code, 0)
  const { errnos } = sumTallies((await runtime.finished).stdout)
  t.deepEqual(Object.keys(errnos).toSorted(), ['EACCES', 'ENOSYS'])
  const successor = await start(t, folder)
  t.is(await successor.total(), errnos['EACCES'] ?? 0)
})

test('calls that wait already when SIGTERM comes all get the answer of their verdict', async t => {
  const folder = folderOf(t)
  const daemon = await start(t, folder)
  const args = ['--id', 'waiting', '--copies', String(CONTAINERS), '--wait-close']
  // Each child makes its one call only after the hand-over is complete, and finds the daemon frozen.
  const runtime = startFakeRuntime(daemon.listenerSocket, [...args, '--go'], { input: 'pipe' })
  const handedOver = () => runtime.stdout().split('ready\n').length - 1
  await until(() => handedOver() === CONTAINERS, 20_000)
  daemon.child.process.kill('SIGSTOP')
  await until(() => threadsOf(daemon.pid).every(({ state }) => state === 'T'), 5000)
  runtime.process.stdin?.end()
  await sleep(500)
  t.deepEqual(readTallies(runtime.stdout()), [])
  daemon.child.process.kill('SIGTERM')
  daemon.child.process.kill('SIGCONT')
  t.is((await daemon.child.finished).code, 0)
  t.deepEqual(sumTallies((await runtime.finished).stdout), { calls: CONTAINERS, errnos: { EACCES: CONTAINERS } })
  const successor = await start(t, folder)
  t.is(await successor.total(), CONTAINERS)
})

test('a stop while the daemon still starts is as clean', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), { config: EACCES, wait: false })
  // It takes hand-overs from here on, and its HTTP interface comes later.
  await until(() => existsSync(daemon.listenerSocket), 60_000)
  const { code, stderr } = await daemon.stop()
  t.is(code, 0, stderr)
  t.false(existsSync(daemon.listenerSocket))
})
