import test from 'ava'
import { createApp } from '../../ts/http/app.ts'
import type { StreamedCall } from '../../ts/http/events/call.ts'
import { createFeed, type FeedLimits } from '../../ts/http/events/feed.ts'
import { until } from '../helpers/child.ts'
import { readEvents, type StreamEvent } from '../helpers/event-stream.ts'
import { calling } from './fakes.ts'

function streaming(limits: Partial<FeedLimits> = {}) {
  const calls = calling()
  const feed = createFeed(calls.source, limits)
  const app = createApp(calls.source, { feed })
  const open = async (query = '', headers: Record<string, string> = {}) => {
    const response = await app.request(`/v1/events${query}`, { headers })
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    return readEvents(response)
  }
  return { ...calls, feed, app, open }
}

const called = ({ data }: StreamEvent) => (data as StreamedCall).sequence
const dropped = (events: StreamEvent[]) => events.filter(({ event }) => event === 'dropped').map(({ data }) => data)

test('a call is sent with everything known of it, numbers of 64 bits as text', async t => {
  const { app, call, feed } = streaming()
  const response = await app.request('/v1/events')
  t.is(response.headers.get('Content-Type'), 'text/event-stream')
  t.is(response.headers.get('Cache-Control'), 'no-store')
  call()
  const reader = readEvents(response)
  const { event, data, id } = (await reader.next())!
  t.is(event, 'call')
  t.regex(id!, /^[a-z0-9]+-1$/)
  t.deepEqual(data, {
    container: { key: 'k1', id: 'web', name: 'shop' },
    syscall: 'chroot',
    abi: 'x86_64',
    number: 161,
    verdict: 'EPERM',
    errno: 'EPERM',
    phase: 'run',
    continued: false,
    args: ['0xffffffffffffffff', '0x0', '0x1', '0x2', '0x3', '0x4'],
    instructionPointer: '0x7f00',
    tid: 7,
    at: '1970-01-01T00:00:00.001Z',
    latencyNs: 5000,
    sequence: 1,
  })
  t.deepEqual(reader.comments, ['connected'])
  feed.close()
})

test('a call is encoded once, however many read it', async t => {
  const calls = calling()
  let encoded = 0
  const timeOf = (atMs: number) => {
    encoded += 1
    return calls.source.timeOf(atMs)
  }
  const feed = createFeed({ ...calls.source, timeOf })
  const app = createApp(calls.source, { feed })
  const readers = []
  for (let times = 0; times < 50; times++) {
    const query = times % 2 === 0 ? '' : '?syscall=chroot'
    readers.push(readEvents(await app.request(`/v1/events${query}`)))
  }
  for (let times = 0; times < 100; times++) calls.call()
  for (const reader of readers) t.is((await reader.take(100)).length, 100)
  t.is(encoded, 100)
  feed.close()
})

test('hostile text stays within its data line', async t => {
  const { open, call, feed } = streaming()
  const reader = await open()
  const id = 'a\n\nevent: call\rdata: {"x":1}\u2028\u001b[31m</script>'
  call({ container: { key: 'k', id, name: id } })
  t.like((await reader.next())!.data, { container: { key: 'k', id, name: id } })
  call()
  t.is(called((await reader.next())!), 2)
  feed.close()
})

for (const [query, wanted] of [
  ['?container=web', [1, 2, 3]],
  ['?container=k9', [4, 5]],
  ['?container=long', [4, 5]],
  ['?container=lon', []],
  ['?container=db', [4, 5]],
  ['?container=shop', [1, 2, 3]],
  ['?container=web&container=k9', [1, 2, 3, 4, 5]],
  ['?syscall=chroot', [1, 4]],
  ['?syscall=chroot,mkdir', [1, 2, 4]],
  ['?verdict=ENOSYS&verdict=allow', [3, 5]],
  ['?container=web&syscall=mkdir&verdict=EPERM', [2]],
] as const) {
  test(`the filter ${query} lets through what it names`, async t => {
    const { open, call, feed } = streaming({ batch: 1 })
    const reader = await open(query)
    const other = { key: 'k9', id: 'longer', name: 'db' }
    call()
    call({ syscall: 'mkdir' })
    call({ syscall: 'clone3', verdict: 'ENOSYS' })
    call({ container: other })
    call({ container: other, syscall: 'read', verdict: 'allow' })
    call({ container: undefined })
    const found = await reader.take(wanted.length)
    t.deepEqual(found.map(called), [...wanted])
    feed.close()
    t.is(await reader.next(), undefined)
  })
}

for (const [query, detail] of [
  ['syscal=x', '"syscal" is not a parameter; accepted: container, syscall, verdict'],
  ['syscall=a%0ab', 'syscall: "a\\nb" is not a syscall name; accepted: names such as chroot'],
  ['verdict=', 'verdict: a value is empty or too long; accepted: 1 to 256 characters'],
  [`syscall=${'a,'.repeat(64)}a`, 'syscall: there are 65 values; accepted: at most 64'],
] as const) {
  test(`the query ${query.slice(0, 20)} is refused with what is accepted`, async t => {
    const { app, subscribers } = streaming()
    const answer = await app.request(`/v1/events?${query}`)
    t.is(answer.status, 400)
    t.like(await answer.json(), { code: 'ERR_BAD_QUERY', detail })
    t.is(subscribers(), 0)
  })
}

test('nothing is decoded before somebody reads, nor long after the last one left', async t => {
  const { open, subscribers } = streaming({ lingerMs: 1 })
  t.is(subscribers(), 0)
  const [first, second] = [await open(), await open()]
  t.is(subscribers(), 1)
  await first.cancel()
  t.is(subscribers(), 1)
  await second.cancel()
  await until(() => subscribers() === 0, 10_000)
  t.pass()
})

test('a reader that comes back is sent what it missed, and nothing twice', async t => {
  const { open, call, feed } = streaming()
  const reader = await open()
  call()
  const { id } = (await reader.next())!
  await reader.cancel()
  call()
  call()
  const again = await open('', { 'Last-Event-ID': id! })
  call()
  t.deepEqual((await again.take(3)).map(called), [2, 3, 4])
  feed.close()
})

test('what the tail has no more is told, also where a filter hides the rest', async t => {
  const { open, call, feed } = streaming({ tail: 2 })
  const reader = await open()
  call()
  const { id } = (await reader.next())!
  await reader.cancel()
  for (let times = 0; times < 5; times++) call({ syscall: 'mkdir' })
  const again = await open('', { 'Last-Event-ID': id! })
  const events = await again.take(3)
  t.deepEqual(events[0], { event: 'dropped', id: undefined, data: { reason: 'gone', calls: 3 } })
  t.deepEqual(events.slice(1).map(called), [5, 6])
  const filtered = await open('?syscall=chroot', { 'Last-Event-ID': id! })
  t.deepEqual(dropped(await filtered.take(1)), [{ reason: 'gone', calls: 3 }])
  feed.close()
})

test('calls that nobody decoded meanwhile are told to whoever comes back, and to nobody new', async t => {
  const { open, call, lose, feed, subscribers } = streaming({ lingerMs: 1 })
  const reader = await open()
  call()
  const { id } = (await reader.next())!
  await reader.cancel()
  await until(() => subscribers() === 0, 10_000)
  lose(7)
  const [again, fresh] = [await open('', { 'Last-Event-ID': id! }), await open()]
  call()
  t.deepEqual(dropped(await again.take(2)), [{ reason: 'gone', calls: 7 }])
  t.is(called((await fresh.next())!), 9)
  feed.close()
})

test('calls that the ring lost are told to every reader', async t => {
  const { open, call, lose, feed } = streaming()
  const readers = [await open(), await open('?syscall=mkdir')]
  call({ syscall: 'mkdir' })
  for (const reader of readers) await reader.next()
  lose(3)
  call({ syscall: 'mkdir' })
  for (const reader of readers) t.deepEqual(dropped(await reader.take(2)), [{ reason: 'gone', calls: 3 }])
  feed.close()
})

for (const id of ['other-1', '', 'x', '1', '0123456789-99999999999999999999', 'a\t-1']) {
  test(`the id ${JSON.stringify(id)} is another run's, which is told`, async t => {
    const { open, call, feed } = streaming()
    const reader = await open('', { 'Last-Event-ID': id })
    call()
    const events = await reader.take(2)
    t.deepEqual(events[0]?.data, { reason: 'restart', calls: null })
    t.is(called(events[1]!), 1)
    feed.close()
  })
}

test('a reader that does not read keeps the newest, is told how many it lost, and delays nobody', async t => {
  const { open, call, feed } = streaming({ queue: 10 })
  const [slow, quick] = [await open(), await open()]
  for (let sequence = 1; sequence <= 100; sequence++) {
    call()
    t.is(called((await quick.next())!), sequence)
  }
  const events = await slow.take(11)
  t.deepEqual(events[0]?.data, { reason: 'slow', calls: 90 })
  t.deepEqual(events.slice(1).map(called), [91, 92, 93, 94, 95, 96, 97, 98, 99, 100])
  feed.close()
})

test('only calls that the filter lets through are lost to a slow reader', async t => {
  const { open, call, feed } = streaming({ queue: 1 })
  const reader = await open('?syscall=mkdir')
  for (let times = 0; times < 10; times++) {
    call()
    call({ syscall: 'mkdir' })
  }
  const [loss, last] = await reader.take(2)
  t.deepEqual(loss?.data, { reason: 'slow', calls: 9 })
  t.is(called(last!), 20)
  feed.close()
})

test('where nothing happens a comment is sent', async t => {
  const { open, call, feed } = streaming({ heartbeatMs: 1 })
  const reader = await open()
  const next = reader.next()
  await until(() => reader.comments.filter(text => text === 'heartbeat').length >= 2, 10_000)
  call()
  t.is(called((await next)!), 1)
  feed.close()
})

test('there are only so many readers; one that leaves makes room', async t => {
  const { app, open, feed } = streaming({ clients: 2 })
  const first = await open()
  await open()
  const refused = await app.request('/v1/events')
  t.is(refused.status, 503)
  t.like(await refused.json(), {
    code: 'ERR_TOO_MANY_STREAMS',
    detail: '2 clients read events already; end one of them',
  })
  await first.cancel()
  await open()
  feed.close()
})

test('a reader that reads nothing for long is let go', async t => {
  const { app, call, feed } = streaming({ stallMs: 5, heartbeatMs: 1 })
  const { body } = await app.request('/v1/events')
  call()
  await until(() => feed.size() === 0, 10_000)
  await t.throwsAsync(body!.getReader().read(), { message: 'the client does not read' })
})

test('HEAD has the headers and is no reader', async t => {
  const { app, feed } = streaming()
  const answer = await app.request('/v1/events', { method: 'HEAD' })
  t.is(answer.headers.get('Content-Type'), 'text/event-stream')
  t.is(await answer.text(), '')
  t.is(feed.size(), 0)
})

test('the end of the daemon is the end of every stream', async t => {
  const { open, feed, subscribers } = streaming()
  const readers = [await open(), await open()]
  feed.close()
  for (const reader of readers) t.is(await reader.next(), undefined)
  t.is(subscribers(), 0)
})
