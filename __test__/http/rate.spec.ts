/** How often one address may ask, and who is not counted. */

import test from 'ava'
import { createApp } from '../../ts/http/app.ts'
import { clientOf, createRate } from '../../ts/http/rate.ts'
import { source } from './fakes.ts'

const limits = { burst: 3, perSecond: 2, clients: 2 }

test('a burst is granted, then so many a second, and never more than the burst again', t => {
  const rate = createRate(limits)
  t.deepEqual([rate.take('a', 0), rate.take('a', 0), rate.take('a', 0)], [0, 0, 0])
  t.is(rate.take('a', 0), 500)
  t.is(rate.take('a', 250), 250)
  t.is(rate.take('a', 500), 0)
  t.is(rate.take('a', 500), 500)
  const late = Array.from({ length: 4 }, () => rate.take('a', 1_000_000))
  t.deepEqual(late, [0, 0, 0, 500])
})

test('a refused request takes nothing, so that whoever asks again and again is let in as soon as the others', t => {
  const rate = createRate(limits)
  for (let times = 0; times < 3; times++) rate.take('a', 0)
  for (let ms = 1; ms < 500; ms++) t.not(rate.take('a', ms), 0)
  t.is(rate.take('a', 500), 0)
})

test('addresses do not count for each other, and only so many are remembered', t => {
  const rate = createRate(limits)
  for (let times = 0; times < 3; times++) rate.take('a', 0)
  t.is(rate.take('b', 0), 0)
  t.not(rate.take('a', 0), 0)
  t.is(rate.take('c', 0), 0)
  t.is(rate.size(), 2)
  t.not(rate.take('a', 0), 0, 'who asked of late is remembered')
})

for (const [address, client] of [
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::1', '0:0:0:0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::9', '2001:db8:1:2'],
  ['2001:0DB8::7', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
] as const) {
  test(`the client of ${address} is ${client}`, t => t.is(clientOf(address), client))
}

test('over TCP too many requests are refused with how long to wait; probes and the unix socket are not', async t => {
  let now = 0
  const app = createApp(source([]), { rate: createRate(limits), nowMs: () => now })
  const ask = (path: string, env: object | undefined = { via: 'tcp', client: '10.0.0.1' }) => app.request(path, {}, env)
  for (let times = 0; times < 3; times++) t.is((await ask('/v1/containers')).status, 200)
  const refused = await ask('/v1/containers')
  t.is(refused.status, 429)
  t.is(refused.headers.get('Retry-After'), '1')
  t.is(refused.headers.get('Content-Type'), 'application/problem+json')
  t.like(await refused.json(), { code: 'ERR_TOO_MANY_REQUESTS', status: 429 })
  t.is((await ask('/')).status, 429)
  for (const path of ['/healthz', '/readyz']) t.is((await ask(path)).status, 200)
  for (const env of [{ via: 'unix' }, undefined]) t.is((await app.request('/v1/containers', {}, env)).status, 200)
  t.is((await ask('/v1/containers', { via: 'tcp', client: '10.0.0.2' })).status, 200)
  now = 500
  t.is((await ask('/v1/containers')).status, 200)
})
