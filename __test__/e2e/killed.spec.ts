/** SIGKILL to a daemon under load: no caller hangs, and the next daemon knows what was up to the last second. */

import test, { type ExecutionContext } from 'ava'
import { until } from '../helpers/child.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { MKDIR, readTallies, startFakeRuntime, sumTallies } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { callsInHistory } from '../helpers/history-file.ts'
import { guest } from '../helpers/guests.ts'

const CONTAINERS = 50
/** Calls that each makes after the first that nobody answered. */
const ORPHANED = 100

function start(t: ExecutionContext, folder: string): Promise<DaemonProcess> {
  return startDaemonFor(t, folder, { config: { policy: { errno: 'EACCES' } } })
}

test('fifty busy containers outlive their daemon, and its successor remembers them and serves others', async t => {
  const folder = folderOf(t)
  const daemon = await start(t, folder)
  const args = ['--id', 'busy', '--copies', String(CONTAINERS), '--call', MKDIR]
  const program = [guest('calls-repeatedly'), '1000000', '1000', '-1', String(ORPHANED)]
  const runtime = startFakeRuntime(daemon.listenerSocket, [...args, '--', ...program])
  await until(async () => (await daemon.containers()).length === CONTAINERS, 20_000)
  const remembered = await daemon.total()
  // It is written within a second, or later where the machine has other things to do.
  await until(() => callsInHistory(folder) >= remembered, 5000)
  await daemon.kill9()
  const { stdout } = await runtime.finished
  const { calls, errnos } = sumTallies(stdout)
  t.is(readTallies(stdout).length, CONTAINERS)
  const { EACCES: answered = 0, ...orphaned } = errnos
  t.deepEqual(orphaned, { ENOSYS: CONTAINERS * (ORPHANED + 1) })
  t.is(calls, answered + CONTAINERS * (ORPHANED + 1))

  const successor = await start(t, folder)
  const known = await successor.total()
  t.true(known >= remembered, `${known} of at least ${remembered} calls are remembered`)
  t.true(known <= answered, `${known} calls are remembered, and ${answered} were answered`)
  const states = new Set((await successor.containers()).map(({ state }) => state))
  t.deepEqual([...states], ['unsupervised'])
  await successor.child.printed('containers lost their daemon')
  t.like(
    successor.logs().find(({ msg }) => msg?.startsWith('containers lost their daemon')),
    { level: 'warn', containers: CONTAINERS },
  )
  const next = await startFakeRuntime(successor.listenerSocket, ['--id', 'next']).finished
  t.deepEqual(sumTallies(next.stdout).errnos, { EACCES: 1 })
})
