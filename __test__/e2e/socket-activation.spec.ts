/** A listening socket from a service manager: containers may start before the daemon does. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { until } from '../helpers/child.ts'
import { becomesReady, startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { startFakeRuntime, sumTallies } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'

const EPERM = { policy: { errno: 'EPERM' } }

/** The daemon behind a service manager that waits for a byte before it starts it. */
async function passing(t: ExecutionContext, kind: string, count: string, pid?: string): Promise<DaemonProcess> {
  const folder = folderOf(t)
  const manager = [
    guest('passes-socket'),
    join(folder, 'l.sock'),
    kind,
    count,
    ...(pid === undefined ? [] : [pid]),
    '--',
  ]
  const daemon = await startDaemonFor(t, folder, { wrap: manager, config: EPERM, wait: false, input: 'pipe' })
  await daemon.child.printed('listening')
  return daemon
}

test('a runtime that came before the daemon is served, and the path outlives the daemon', async t => {
  const daemon = await passing(t, 'listening', '1')
  const early = startFakeRuntime(daemon.listenerSocket, ['--id', 'early', '--calls', '3'])
  await early.printed('ready')
  t.is(early.process.exitCode, null)
  daemon.child.process.stdin?.write('g')
  await becomesReady(daemon)
  t.deepEqual(sumTallies((await early.finished).stdout), { calls: 3, errnos: { EPERM: 3 } })
  await until(async () => (await daemon.total()) === 3, 5000)
  t.is((await daemon.container('early'))?.id, 'early')
  const late = await startFakeRuntime(daemon.listenerSocket, ['--id', 'late']).finished
  t.deepEqual(sumTallies(late.stdout).errnos, { EPERM: 1 })
  const { code, stderr } = await daemon.stop()
  t.is(code, 0, stderr)
  t.true(existsSync(daemon.listenerSocket))
})

const REFUSED: [title: string, kind: string, count: string, pid: string | undefined, says: RegExp][] = [
  ['a socket that is meant for another process', 'listening', '1', '1', /LISTEN_PID is "1" and this process is \d+/],
  ['a process id that is none', 'listening', '1', 'me', /LISTEN_PID is "me"/],
  ['no socket', 'listening', '0', undefined, /LISTEN_FDS is "0", accepted: 1/],
  ['two sockets', 'listening', '2', undefined, /LISTEN_FDS is "2", accepted: 1/],
  ['a socket that nobody listens on', 'unconnected', '1', undefined, /descriptor 3 is not a listening unix stream/],
  ['a datagram socket', 'datagram', '1', undefined, /descriptor 3 is not a listening unix stream/],
  ['a TCP socket', 'inet', '1', undefined, /descriptor 3 is not a listening unix stream/],
  ['a file', 'file', '1', undefined, /descriptor 3 is not a listening unix stream/],
  ['a descriptor that is not open', 'closed', '1', undefined, /descriptor 3 is not a listening unix stream/],
]

for (const [title, kind, count, pid, says] of REFUSED) {
  test(`${title} is refused in one line`, async t => {
    const daemon = await passing(t, kind, count, pid)
    daemon.child.process.stdin?.write('g')
    const { code, stderr } = await daemon.child.finished
    t.is(code, 1)
    t.regex(stderr, says)
    t.is(stderr.trimEnd().split('\n').length, 1, stderr)
    t.is(existsSync(daemon.listenerSocket), kind !== 'closed' && kind !== 'file' && kind !== 'inet')
  })
}
