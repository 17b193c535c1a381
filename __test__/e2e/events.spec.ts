/** `/v1/events` of a real daemon: calls of real targets, readers that are quick, slow and gone. */

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import test from 'ava'
import type { StreamedCall } from '../../ts/http/events/call.ts'
import type { Dropped } from '../../ts/http/events/frames.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { openStream, readEvents, type EventReader } from '../helpers/event-stream.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'

const ERRNO = { config: { policy: { errno: 'EPERM' } } }

async function read({ apiSocket }: DaemonProcess, query = '', headers = {}): Promise<EventReader> {
  return readEvents(await openStream(apiSocket, `/v1/events${query}`, headers))
}

/** Until that many calls were received or told as lost. */
async function account(reader: EventReader, calls: number): Promise<{ received: number; dropped: number }> {
  const sum = { received: 0, dropped: 0 }
  while (sum.received + sum.dropped < calls) {
    const next = await reader.next()
    if (next === undefined) throw new Error(`the stream ended after ${JSON.stringify(sum)}`)
    if (next.event === 'call') sum.received += 1
    else sum.dropped += (next.data as Dropped).calls ?? 0
  }
  return sum
}

test('calls arrive with who made them and what they got, and a reader that comes back misses none', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), ERRNO)
  const reader = await read(daemon, '?container=one')
  const make = (id: string) => startFakeRuntime(daemon.listenerSocket, ['--id', id, '--calls', '3']).finished
  await make('two')
  await make('one')
  const events = await reader.take(3)
  for (const { data } of events) {
    t.like(data, { syscall: 'getppid', verdict: 'notify', errno: 'EPERM', continued: false })
    t.is((data as StreamedCall).container?.id, 'one')
    t.true(Math.abs(Date.parse((data as StreamedCall).at) - Date.now()) < 120_000)
  }
  const sequences = events.map(({ data }) => (data as StreamedCall).sequence)
  t.deepEqual(sequences, [4, 5, 6])
  await reader.cancel()
  await make('one')
  const again = await read(daemon, '', { 'Last-Event-ID': events[1]!.id! })
  const missed = await again.take(4)
  t.deepEqual(
    missed.map(({ data }) => (data as StreamedCall).sequence),
    [6, 7, 8, 9],
  )
  await again.cancel()
})

test('beside one reader that stalls and one that vanished, each gets every call or is told how many it lost', async t => {
  t.timeout(170_000)
  const daemon = await startDaemonFor(t, folderOf(t), ERRNO)
  const readers = await Promise.all(Array.from({ length: 20 }, () => read(daemon)))
  const stalled = await openStream(daemon.apiSocket, '/v1/events')
  const vanished = connect(daemon.apiSocket)
  vanished.write('GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await new Promise(resolve => vanished.once('data', resolve))
  vanished.destroy()
  const calls = 20_000
  const runtime = startFakeRuntime(daemon.listenerSocket, ['--calls', `${calls}`])
  const sums = await Promise.all(readers.map(reader => account(reader, calls)))
  t.is((await runtime.finished).code, 0)
  for (const { received, dropped } of sums) t.is(received + dropped, calls)
  t.true(sums.some(({ received }) => received > 0))
  t.is(await daemon.total(), calls)
  const late = await account(readEvents(stalled), calls)
  t.is(late.received + late.dropped, calls)
  for (const reader of readers) await reader.cancel()
})

test('of two hundred readers one stalls: it is told what it lost, the others get every call', async t => {
  t.timeout(150_000)
  const daemon = await startDaemonFor(t, folderOf(t), ERRNO)
  const open = (query: string) => openStream(daemon.apiSocket, `/v1/events${query}`)
  const stalled = await open('')
  const all = await Promise.all(Array.from({ length: 10 }, () => read(daemon)))
  const quiet = await Promise.all(Array.from({ length: 189 }, () => read(daemon, '?container=quiet')))
  t.is((await open('')).status, 503, 'there is room for two hundred')
  const before = residentKib(daemon.pid)
  const make = (id: string, calls: number) =>
    startFakeRuntime(daemon.listenerSocket, ['--id', id, '--calls', `${calls}`]).finished
  const [rounds, calls, few] = [6, 1500, 5]
  for (let round = 0; round < rounds; round++) {
    // Less than waits for one reader: whoever reads loses none.
    await make('loud', calls)
    await make('quiet', few)
    const got = await Promise.all([
      ...all.map(reader => reader.take(calls + few)),
      ...quiet.map(reader => reader.take(few)),
    ])
    t.true(got.flat().every(({ event }) => event === 'call'))
  }
  const total = rounds * (calls + few)
  const { received, dropped } = await account(readEvents(stalled), total)
  t.is(received + dropped, total)
  t.true(dropped > 0 && received >= 4096, `${dropped} of ${total} are told as lost`)
  t.true(residentKib(daemon.pid) - before < 150_000, `${before} KiB became ${residentKib(daemon.pid)} KiB`)
  for (const reader of [...all, ...quiet]) await reader.cancel()
})

function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

test('a daemon that ends closes its streams and does not wait for their readers', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), ERRNO)
  const reader = await read(daemon)
  const ended = reader.next()
  const { code } = await daemon.stop()
  t.is(code, 0)
  t.is(await ended, undefined)
})
