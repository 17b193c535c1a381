/** A fake API server: the real HTTP interface over TCP, in front of containers and calls that a test makes up. */

import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { ContainerView } from '../../ts/container-view.ts'
import { startServers } from '../../ts/http/server.ts'
import { calling, silent, type Calls } from '../http/fakes.ts'
import { folderOf } from './folder.ts'

export interface FakeApi extends Calls {
  /** `http://127.0.0.1:4711` */
  url: string
  /** Path of the unix socket. */
  socket: string
  /** What it tells of from now on. */
  show(views: ContainerView[]): void
  close(): Promise<void>
}

export async function startFakeApi(t: ExecutionContext): Promise<FakeApi> {
  const calls = calling()
  let views: ContainerView[] = []
  const socket = join(folderOf(t), 'a.sock')
  const { addresses, close } = await startServers({
    config: { http: { address: '127.0.0.1:0', socket, tokenFile: null, requestBurst: 200, requestsPerSecond: 50 } },
    source: {
      ...calls.source,
      containers: () => views,
      container: wanted => views.find(({ key, id }) => key === wanted || id === wanted),
    },
    log: silent,
    graceMs: 50,
  })
  t.teardown(close)
  return { ...calls, url: addresses[1] ?? '', socket, show: given => void (views = given), close }
}
