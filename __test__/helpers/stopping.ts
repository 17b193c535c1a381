/** A container that is stopped for two calls, each made twice, however long a busy machine takes over them. */

import { request } from 'node:http'
import { until } from './child.ts'
import type { DaemonProcess } from './daemon-process.ts'

/** No incident ends by itself: `endDebounce` ends it. */
export const STOP = { policy: { action: 'stop', debounce: '1h', maxDelay: '1h' } }
/** For a shell without the capability that chroot needs. */
export const TWICE_EACH = 'for i in 1 2; do chroot / true; swapoff /dev/null; done; exec sleep 1000'
export const MESSAGE = 'Used forbidden syscalls: chroot (2x), swapoff (2x)'

/** Waits for all four calls, then ends their debounce. */
export async function endDebounce(daemon: DaemonProcess, id: string): Promise<void> {
  const counts = async () => [await daemon.calls(id, 'chroot'), await daemon.calls(id, 'swapoff')]
  await until(
    async () => (await counts()).every(count => count === 2),
    20_000,
    () => `the calls of ${id} were not counted:\n${daemon.child.stderr()}`,
  )
  await endNow(daemon, id)
}

/** Lets the time pass that has to pass without another call. */
export async function endNow(daemon: DaemonProcess, id: string): Promise<void> {
  const status = await changePolicy(daemon, id, { debounce: '0s' })
  if (status !== 200) throw new Error(`the policy of ${id} was not changed: ${status}`)
}

function changePolicy({ apiSocket }: DaemonProcess, id: string, change: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json' }
    const path = `/v1/containers/${encodeURIComponent(id)}/policy`
    const sent = request({ socketPath: apiSocket, path, method: 'PATCH', headers, agent: false }, response => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.once('error', reject).end(JSON.stringify(change))
  })
}
