/** A daemon with one container, `web`, that goes on calling. */

import type { ExecutionContext } from 'ava'
import { endProcess, until } from './child.ts'
import { startDaemonFor, type DaemonProcess } from './daemon-process.ts'
import { startFakeRuntime } from './fake-runtime.ts'
import { folderOf } from './folder.ts'
import { guest } from './guests.ts'

const GETPPID = process.arch === 'x64' ? '110' : '173'

export async function busy(t: ExecutionContext, policy: object = { errno: 'EPERM' }): Promise<DaemonProcess> {
  const daemon = await startDaemonFor(t, folderOf(t), { config: { policy } })
  const program = ['--', guest('calls-repeatedly'), '100000', '10000', GETPPID]
  const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', 'web', ...program])
  t.teardown(() => runtime.process.kill('SIGKILL'))
  await until(async () => (await daemon.calls('web', 'getppid')) > 0, 20_000)
  const pid = (await daemon.container('web'))?.initPid ?? 0
  t.true(pid > 1)
  t.teardown(() => endProcess(pid))
  return daemon
}
