import test from 'ava'
import { NotifydError } from '../../ts/errors.ts'
import { createAccess, type Via } from '../../ts/http/access.ts'
import { createApp } from '../../ts/http/app.ts'
import { source, view } from './fakes.ts'

const TOKEN = 'a-token-that-is-long-enough'

interface Setup {
  via?: Via
  token?: string
  fails?: Error
  nowMs?: () => number
}

/** Asks an application whose daemon takes down what it is told to do. */
function changing({ via, token, fails, nowMs }: Setup = {}) {
  const done: unknown[] = []
  const act = (...what: unknown[]) => {
    if (fails !== undefined) throw fails
    done.push(what)
    return view({ state: 'stopped' })
  }
  const app = createApp(
    source([view()], {
      stopContainer: async key => act('stop', key),
      changePolicy: (key, change) => act('change', key, change),
    }),
    { refuse: createAccess(token === undefined ? undefined : given => given === token, nowMs) },
  )
  const ask = (method: string, path: string, init: RequestInit = {}) =>
    app.request(`/v1/containers/${path}`, { method, ...init }, via === undefined ? undefined : { via })
  const patch = (body: string, headers: Record<string, string> = {}) =>
    ask('PATCH', 'web/policy', { body, headers: { 'Content-Type': 'application/json', ...headers } })
  return { ask, patch, done }
}

test('over the unix socket a container is stopped, by the key of what the path names', async t => {
  const { ask, done } = changing({ via: 'unix' })
  const answer = await ask('POST', 'web/stop')
  t.is(answer.status, 200)
  t.like(await answer.json(), { key: 'k1', state: 'stopped', otherIncarnations: [] })
  t.deepEqual(done, [['stop', 'k1']])
})

test('over the unix socket a policy is changed by what the body says', async t => {
  const { patch, done } = changing({ via: 'unix' })
  t.is((await patch('{"action":"stop"}', { 'Content-Type': 'application/json; charset=utf-8' })).status, 200)
  t.deepEqual(done, [['change', 'k1', { action: 'stop' }]])
})

for (const via of ['tcp', undefined] as const) {
  test(`over ${via ?? 'who knows what'} nothing is changed without a token of the operator`, async t => {
    for (const headers of [{}, { Authorization: `Bearer ${TOKEN}` }]) {
      const { ask, patch, done } = changing(via === undefined ? {} : { via })
      for (const answer of [await ask('POST', 'web/stop', { headers }), await patch('{}', headers)]) {
        t.is(answer.status, 403)
        t.like(await answer.json(), { code: 'ERR_READ_ONLY' })
      }
      t.deepEqual(done, [])
    }
  })
}

test('over TCP the token decides', async t => {
  const { ask, done } = changing({ via: 'tcp', token: TOKEN })
  for (const Authorization of ['', 'Bearer', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer ${TOKEN} x`, TOKEN]) {
    const answer = await ask('POST', 'web/stop', { headers: { Authorization } })
    t.is(answer.status, 401, Authorization)
    t.is(answer.headers.get('WWW-Authenticate'), 'Bearer realm="seccomp-notifyd"')
    t.like(await answer.json(), { code: 'ERR_TOKEN' })
  }
  t.is((await ask('POST', 'web/stop')).status, 401)
  t.deepEqual(done, [])
  t.is((await ask('POST', 'web/stop', { headers: { Authorization: `bearer ${TOKEN}` } })).status, 200)
  t.deepEqual(done, [['stop', 'k1']])
})

test('after ten wrong tokens within a minute not even the right one is looked at, and then it is', async t => {
  let now = 0
  const { ask } = changing({ via: 'tcp', token: TOKEN, nowMs: () => now })
  const attempt = async (token: string) =>
    (await ask('POST', 'web/stop', { headers: { Authorization: `Bearer ${token}` } })).status
  for (let times = 0; times < 10; times++) {
    t.is(await attempt('wrong'), 401)
    now += 1000
  }
  t.is(await attempt(TOKEN), 429)
  now += 51_000
  t.is(await attempt(TOKEN), 200)
})

for (const [code, status] of [
  ['ERR_NO_CONTAINER', 404],
  ['ERR_NOT_RUNNING', 409],
  ['ERR_NOT_STOPPABLE', 409],
  ['ERR_POLICY', 400],
  ['ERR_STOP_FAILED', 500],
] as const) {
  test(`${code} of the daemon is an answer with ${status}`, async t => {
    const { ask, patch } = changing({ via: 'unix', fails: new NotifydError(code, 'why') })
    for (const answer of [await ask('POST', 'web/stop'), await patch('{}')]) {
      t.is(answer.status, status)
      t.like(await answer.json(), { code, detail: 'why' })
    }
  })
}

test('what else goes wrong is a defect, and its text stays inside', async t => {
  const answer = await changing({ via: 'unix', fails: new Error('/secret') }).ask('POST', 'web/stop')
  t.is(answer.status, 500)
  t.false((await answer.text()).includes('secret'))
})

for (const [what, body, headers, status, code] of [
  ['no JSON', '{', {}, 400, 'ERR_BAD_BODY'],
  ['nothing', '', {}, 400, 'ERR_BAD_BODY'],
  ['the type of a form', 'action=stop', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'ERR_MEDIA_TYPE'],
  ['the type of text', '{}', { 'Content-Type': 'text/plain' }, 415, 'ERR_MEDIA_TYPE'],
  ['a type that only begins like JSON', '{}', { 'Content-Type': 'application/jsonp' }, 415, 'ERR_MEDIA_TYPE'],
  ['too much', `"${'x'.repeat(16_384)}"`, {}, 413, 'ERR_BODY'],
] as const) {
  test(`a body with ${what} is refused`, async t => {
    const { patch, done } = changing({ via: 'unix' })
    const answer = await patch(body, headers)
    t.is(answer.status, status)
    t.like(await answer.json(), { code })
    t.deepEqual(done, [])
  })
}

test('a stop takes no body and no parameters', async t => {
  const { ask, done } = changing({ via: 'unix' })
  const withBody = await ask('POST', 'web/stop', { body: 'x', headers: { 'Content-Length': '1' } })
  t.like(await withBody.json(), { code: 'ERR_BODY' })
  t.like(await (await ask('POST', 'web/stop?force=1')).json(), { code: 'ERR_BAD_QUERY' })
  t.like(await (await ask('POST', 'nope/stop')).json(), { code: 'ERR_NO_CONTAINER' })
  t.deepEqual(done, [])
})

for (const [method, path, allow] of [
  ['GET', 'web/stop', 'POST'],
  ['PATCH', 'web/stop', 'POST'],
  ['POST', 'web/policy', 'PATCH'],
  ['POST', 'web', 'GET, HEAD'],
  ['POST', 'web/stop/now', 'GET, HEAD'],
] as const) {
  test(`${method} of ${path} is refused with what is accepted there`, async t => {
    const answer = await changing({ via: 'unix' }).ask(method, path)
    t.is(answer.status, 405)
    t.is(answer.headers.get('Allow'), allow)
  })
}

for (const headers of [
  { Origin: 'http://evil.example' },
  { Origin: 'null' },
  { Origin: 'http://localhost:81', Host: 'localhost' },
  { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' },
  { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors' },
]) {
  test(`a page of another origin may neither change nor read: ${JSON.stringify(headers)}`, async t => {
    const { ask, done } = changing({ via: 'unix' })
    for (const [method, path] of [
      ['POST', 'web/stop'],
      ['GET', 'web'],
    ] as const) {
      const answer = await ask(method, path, { headers: { Host: 'localhost', ...headers } as Record<string, string> })
      t.is(answer.status, 403)
      t.like(await answer.json(), { code: 'ERR_ORIGIN' })
    }
    t.deepEqual(done, [])
  })
}

test('a page of our own may ask, and a link from elsewhere may be followed', async t => {
  const { ask } = changing({ via: 'unix' })
  for (const headers of [
    { Host: '127.0.0.1:9797', Origin: 'http://127.0.0.1:9797', 'Sec-Fetch-Site': 'same-origin' },
    { Host: 'localhost', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' },
    { Host: 'localhost', 'Sec-Fetch-Site': 'none' },
  ])
    t.is((await ask('GET', 'web', { headers: headers as Record<string, string> })).status, 200)
})
