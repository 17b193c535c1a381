/** docs/http-api.md has every route, every parameter, and every member of an answer. */

import test from 'ava'
import { parsePolicyChange } from '../../ts/config/policy-change.ts'
import type { Policy } from '../../ts/config/schema.ts'
import { createApp } from '../../ts/http/app.ts'
import { containerStates } from '../../ts/http/summary.ts'
import { codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { createFeed, feedLimits } from '../../ts/http/events/feed.ts'
import { listParameters } from '../../ts/http/listing.ts'
import type { LossReason } from '../../ts/http/events/frames.ts'
import { readEvents } from '../helpers/event-stream.ts'
import { calling, source, view } from '../http/fakes.ts'

const page = readDocument('docs/http-api.md')
const section = (heading: string) => page.split(/^## /m).find(text => text.startsWith(`\`${heading}\`\n`)) ?? ''
const firsts = (text: string, header: string) => tableOf(text, header).map(([cell = '']) => codesOf(cell)[0] ?? '')

const app = createApp(source([view({ calls: [call()] })]))
const get = async (path: string) => (await (await app.request(path)).json()) as Record<string, unknown>

function call() {
  return {
    syscall: 'chroot',
    abi: 'x86_64',
    number: 161,
    verdict: 'EPERM',
    phase: 'run' as const,
    count: 2,
    firstAt: '2026-01-01T10:00:01.000Z',
    lastAt: '2026-01-01T10:00:01.000Z',
  }
}

test('every route is in the table', t => {
  const own = app.routes.filter(({ method }) => method !== 'ALL')
  const routes = own.map(({ method, path }) => (method === 'GET' ? path : `${method} ${path}`))
  t.deepEqual(firsts(page, 'path').toSorted(), [...new Set(routes)].toSorted())
})

test('every parameter is accepted, and the states are those there are', async t => {
  const list = section('/v1/containers')
  t.deepEqual(firsts(list, 'parameter'), Object.keys(listParameters))
  const { detail } = await get('/v1/containers?bogus=1')
  t.is(
    detail,
    '"bogus" is not a parameter; accepted: state, action, name, engine, namespace, pod, image, sort, order, limit, offset',
  )
  const [, accepted = ''] = tableOf(list, 'parameter')[0] ?? []
  t.deepEqual(codesOf(accepted), [...containerStates])
})

test('every member of a row is described', async t => {
  const { containers } = (await get('/v1/containers')) as { containers: [object] }
  t.deepEqual(firsts(section('/v1/containers'), 'member'), Object.keys(containers[0]))
})

test('every member of one container is described, there or as of a row', async t => {
  const described = section('/v1/containers/:id')
  const [shared = ''] = /^`key`[^]*? as above/m.exec(described) ?? []
  const members = [...codesOf(shared), ...firsts(described, 'member')]
  t.deepEqual(members.toSorted(), Object.keys(await get('/v1/containers/web')).toSorted())
  const calls = tableOf(described, 'member').find(([name]) => name === '`calls`')
  t.deepEqual(codesOf(calls?.[1] ?? '').toSorted(), Object.keys(call()).toSorted())
})

test('every member of the profile that is lacking is described', async t => {
  const described = section('/v1/containers/:id/profile')
  t.deepEqual(firsts(described, 'member'), Object.keys(await get('/v1/containers/web/profile')))
})

test('every filter, member and reason of the stream is described', async t => {
  const stream = section('/v1/events')
  const { detail: problem } = await get('/v1/events?bogus=1')
  t.is(problem, `"bogus" is not a parameter; accepted: ${firsts(stream, 'parameter').join(', ')}`)
  const { call: make, lose, source: calls } = calling()
  const feed = createFeed(calls)
  const reader = readEvents(
    await createApp(calls, { feed }).request('/v1/events', { headers: { 'Last-Event-ID': 'x' } }),
  )
  const detail = {
    missing: null,
    pid: 1,
    comm: '',
    exe: '',
    cmdline: [],
    args: [],
    frames: [],
    site: null,
    framesEnd: null,
    cwd: null,
  }
  make({ detail })
  lose(1)
  make({ detail })
  const [restart, gone, first] = await reader.take(3)
  feed.close()
  t.deepEqual(firsts(stream, 'member'), Object.keys(first!.data as object))
  t.deepEqual(firsts(stream, 'event').slice(0, 2).toSorted(), [first!.event, gone!.event].toSorted())
  const reasons: Record<LossReason, true> = { slow: true, gone: true, restart: true }
  t.deepEqual(firsts(stream, 'reason'), Object.keys(reasons))
  t.like(restart!.data, { reason: 'restart' })
})

test('the limits of the stream are those that are told', t => {
  const stream = section('/v1/events')
  const { clients, tail, queue, heartbeatMs, lingerMs, stallMs } = feedLimits
  for (const text of [`${clients} clients`, `${tail} calls`, `${queue} calls wait`]) t.true(stream.includes(text), text)
  for (const ms of [heartbeatMs, lingerMs, stallMs]) t.true(stream.includes(`${ms / 1000} s`), `${ms}`)
})

test('every setting that can be changed is described', t => {
  const refused = t.throws(() => parsePolicyChange({}, {} as Policy))
  const [, accepted = ''] = /accepted: (.*)$/.exec(refused.message) ?? []
  t.deepEqual(firsts(section('PATCH /v1/containers/:id/policy'), 'setting'), accepted.split(', '))
})
