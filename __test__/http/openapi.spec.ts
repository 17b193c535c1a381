/** openapi.json says what there is: every route, and every answer as it is sent. */

import test from 'ava'
import { parsePolicyChange } from '../../ts/config/policy-change.ts'
import { createApp } from '../../ts/http/app.ts'
import { createFeed } from '../../ts/http/events/feed.ts'
import { operations } from '../../ts/http/openapi/operations.ts'
import { problems } from '../../ts/http/problem.ts'
import { readDocument } from '../helpers/documents.ts'
import { readEvents } from '../helpers/event-stream.ts'
import { validate } from '../helpers/json-schema.ts'
import { INIT, startFake } from '../helpers/daemon.ts'
import { calling, source } from './fakes.ts'

interface Document {
  openapi: string
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>
  components: { schemas: Record<string, Record<string, unknown>> }
}

const text = readDocument('docs/openapi.json')
const document = JSON.parse(text) as Document
const { schemas } = document.components
const wrong = (name: string, value: unknown) => validate(value, schemas[name]!, schemas)

test('what is served is what is checked in', async t => {
  const answer = await createApp(source([])).request('/openapi.json')
  t.regex(answer.headers.get('Content-Type')!, /^application\/json/)
  t.deepEqual(await answer.json(), document)
  t.is(document.openapi, '3.1.0')
})

/** The dashboard is a page, and no part of the interface for programs. */
test('every route is an operation, and every operation a route', t => {
  const isPage = (path: string) => path === '/' || path.startsWith('/dashboard/')
  const routes = createApp(source([])).routes.filter(({ method, path }) => method !== 'ALL' && !isPage(path))
  t.deepEqual(
    operations.map(({ method, path }) => `${method} ${path}`).toSorted(),
    routes.map(({ method, path }) => `${method.toLowerCase()} ${path}`).toSorted(),
  )
  const described = Object.values(document.paths).flatMap(Object.values) as { operationId: string }[]
  t.is(described.length, operations.length)
  t.is(new Set(described.map(({ operationId }) => operationId)).size, operations.length)
})

test('every reference leads somewhere, and every schema is used', t => {
  const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name))
  const ofEvents = ['Call', 'Dropped']
  t.deepEqual([...used, ...ofEvents].toSorted(), Object.keys(schemas).toSorted())
})

test('every code is an answer of some operation', t => {
  const everywhere = ['ERR_NO_ROUTE', 'ERR_METHOD']
  const told = Object.values(document.paths).flatMap(item => Object.values(item).map(each => JSON.stringify(each)))
  t.deepEqual(
    Object.keys(problems).filter(code => !everywhere.includes(code) && !told.some(each => each.includes(code))),
    [],
  )
})

test('answers of a daemon are as described', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot')
  await clock.pass(10_000)
  fake.call(web, 'swapoff')
  await clock.pass(100)
  fake.detach(fake.attach('web', { init: { pid: 9, startTicks: 9 } }))
  await clock.pass(100)
  const app = createApp(daemon)
  const get = async (path: string) => (await (await app.request(path)).json()) as Record<string, unknown>
  const whole = await get('/v1/containers/77'.replace('77', daemon.containers().at(-1)!.key))
  t.truthy(whole['openIncident'])
  t.is((whole['incidents'] as unknown[]).length, 1)
  t.is((whole['otherIncarnations'] as unknown[]).length, 1)
  t.deepEqual(wrong('Container', whole), [])
  t.deepEqual(wrong('ContainerList', await get('/v1/containers')), [])
  t.deepEqual(wrong('ProfilePatch', await get(`/v1/containers/${String(whole['key'])}/profile`)), [])
  t.deepEqual(wrong('Problem', await get('/v1/containers/nobody')), [])
  t.deepEqual(wrong('Container', { ...whole, exitCode: '1' }), ['$.exitCode is none of several'])
  t.deepEqual(wrong('Container', { ...whole, more: 1 }), ['$.more is not described'])
})

test('events are as described', async t => {
  const { source: calls, call } = calling()
  const feed = createFeed(calls)
  const app = createApp(calls, { feed })
  const reader = readEvents(await app.request('/v1/events', { headers: { 'Last-Event-ID': 'x' } }))
  call()
  call({ container: undefined, errno: null })
  const [dropped, first, second] = await reader.take(3)
  feed.close()
  t.deepEqual(wrong('Dropped', dropped!.data), [])
  t.deepEqual(wrong('Call', first!.data), [])
  t.deepEqual(wrong('Call', second!.data), [])
})

for (const change of [
  { action: 'stop' },
  { maxDelay: '1m', debounce: '31s' },
  { errno: 'EACCES' },
  { errno: 'eperm' },
  { maxDelay: 5 },
  { debounce: '1.5s', ignore: ['clone3'], probes: 'count', answer: 'continue' },
  {},
  { action: 'kill' },
  { debounce: 5 },
  { debounce: '1 s' },
  { ignore: ['A'] },
  { other: 1 },
]) {
  test(`the change ${JSON.stringify(change)} is described as it is checked`, t => {
    const isAccepted = wrong('PolicyChange', change).length === 0
    const check = () => parsePolicyChange(change, { debounceMs: 5000, maxDelayMs: 30_000 })
    if (isAccepted) t.notThrows(check)
    else t.throws(check, { code: 'ERR_POLICY' })
  })
}
