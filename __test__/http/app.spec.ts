import test from 'ava'
import { createApp } from '../../ts/http/app.ts'
import type { ContainerList } from '../../ts/http/summary.ts'
import { source, view } from './fakes.ts'

const call = {
  abi: 'x86_64',
  number: 161,
  verdict: 'EPERM',
  phase: 'run',
  count: 2,
  firstAt: '2026-01-01T10:00:01.000Z',
  lastAt: '2026-01-01T10:00:01.000Z',
} as const

test("a list holds summaries, newest first, without the runtime's own and allowed calls", async t => {
  const app = createApp(
    source([
      view(),
      view({
        key: 'k2',
        id: 'db',
        startedAt: '2026-01-02T10:00:00.000Z',
        calls: [
          { ...call, syscall: 'chroot' },
          { ...call, syscall: 'mkdir', phase: 'init' },
          { ...call, syscall: 'read', verdict: 'allow' },
        ],
      }),
    ]),
  )
  const { containers, total } = (await (await app.request('/v1/containers')).json()) as ContainerList
  t.is(total, 2)
  t.deepEqual(
    containers.map(({ key, calls }) => [key, calls]),
    [
      ['k2', 2],
      ['k1', 0],
    ],
  )
  t.is(containers[0]!.incidents, 0)
})

test('a list is filtered by states and cut at the limit, with the total told', async t => {
  const app = createApp(source([view(), view({ key: 'k2', state: 'stopped' }), view({ key: 'k3', state: 'exited' })]))
  const answer = await app.request('/v1/containers?state=stopped,exited&limit=1')
  const { containers, total } = (await answer.json()) as ContainerList
  t.is(containers.length, 1)
  t.is(total, 2)
})

for (const [query, detail] of [
  ['state=dead', 'state: "dead" is not a state; accepted: running, stopping, stopped, exited, unsupervised'],
  ['limit=0', 'limit: "0" is not a limit; accepted: a whole number from 1 to 9999999'],
  ['limit=x', 'limit: "x" is not a limit; accepted: a whole number from 1 to 9999999'],
  [
    'stat=running',
    '"stat" is not a parameter; accepted: state, action, name, engine, namespace, pod, image, sort, order, limit, offset',
  ],
] as const) {
  test(`the query ${query} is refused with what is accepted`, async t => {
    const answer = await createApp(source([])).request(`/v1/containers?${query}`)
    t.is(answer.status, 400)
    t.is(answer.headers.get('Content-Type'), 'application/problem+json')
    t.deepEqual(await answer.json(), {
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail,
      code: 'ERR_BAD_QUERY',
    })
  })
}

test('a container is found by id and by key', async t => {
  const app = createApp(source([view({ id: 'a/b c' })]))
  for (const name of [encodeURIComponent('a/b c'), 'k1']) {
    const answer = await app.request(`/v1/containers/${name}`)
    t.is(answer.status, 200)
    t.like(await answer.json(), { key: 'k1', otherIncarnations: [] })
  }
})

test('the other incarnations of an id are told, newest first', async t => {
  const views = [3, 1, 2].map(day =>
    view({ key: `k${day}`, startedAt: `2026-01-0${day}T00:00:00.000Z`, state: 'exited' }),
  )
  const answer = await createApp(source(views)).request('/v1/containers/web')
  t.like(await answer.json(), {
    key: 'k3',
    otherIncarnations: [
      { key: 'k2', state: 'exited', startedAt: '2026-01-02T00:00:00.000Z' },
      { key: 'k1', state: 'exited', startedAt: '2026-01-01T00:00:00.000Z' },
    ],
  })
})

test('the beginning of an id is enough where only one begins so', async t => {
  const app = createApp(
    source([view({ key: 'a1', id: 'abcdef' }), view({ key: 'b1', id: 'abcdxx' }), view({ key: 'c1', id: 'other' })]),
  )
  t.like(await (await app.request('/v1/containers/abcde')).json(), { key: 'a1' })
  t.is((await app.request('/v1/containers/oth')).status, 404)
  const answer = await app.request('/v1/containers/abcd')
  t.is(answer.status, 409)
  t.like(await answer.json(), { code: 'ERR_AMBIGUOUS', detail: '2 ids begin with "abcd": "abcdef", "abcdxx"' })
})

test('a container is found by name, and one that runs before those that have ended', async t => {
  const pod = { name: 'k8s_web_shop-0_prod_u_0', podContainer: 'api' }
  const app = createApp(
    source([
      view({ key: 'a1', id: 'aaaa', name: 'db', state: 'exited', startedAt: '2026-01-09T00:00:00.000Z' }),
      view({ key: 'b1', id: 'bbbb', name: 'db' }),
      view({ key: 'c1', id: 'cccc', ...pod }),
    ]),
  )
  for (const [name, key] of [
    ['db', 'b1'],
    ['k8s_web_shop-0_prod_u_0', 'c1'],
    ['api', 'c1'],
  ] as const)
    t.like(await (await app.request(`/v1/containers/${name}`)).json(), { key }, name)
})

test('one id in two namespaces is two containers: both have a key, and nobody takes the one for the other', async t => {
  const both = ['red', 'blue'].map(namespace => view({ key: `web-${namespace}`, namespace }))
  const app = createApp(source(both))
  const answer = await app.request('/v1/containers/web')
  t.is(answer.status, 409)
  const detail = '2 containers have the id "web": web-red (namespace red), web-blue (namespace blue)'
  t.like(await answer.json(), { code: 'ERR_AMBIGUOUS', detail })
  t.is((await app.request('/v1/containers/web/stop', { method: 'POST' })).status, 403)
  t.like(await (await app.request('/v1/containers/web-red')).json(), { namespace: 'red', otherIncarnations: [] })
  const ended = createApp(source([both[0]!, { ...both[1]!, state: 'exited' }]))
  t.like(await (await ended.request('/v1/containers/web')).json(), { key: 'web-red' })
})

test('an unknown container is a problem with a stable code', async t => {
  const answer = await createApp(source([])).request('/v1/containers/nope')
  t.is(answer.status, 404)
  t.like(await answer.json(), { code: 'ERR_NO_CONTAINER', detail: 'no container has the id, name or key "nope"' })
})

test('metrics are passed on with their type, in the format asked for', async t => {
  const answer = await createApp(source([])).request('/metrics', { headers: { Accept: 'x/y' } })
  t.is(answer.headers.get('Content-Type'), 'text/plain; version=0.0.4')
  t.is(await answer.text(), 'accept x/y\n')
})

test('the process is healthy although it is not ready', async t => {
  const app = createApp(source([], { ready: () => false }))
  t.is((await app.request('/healthz')).status, 200)
  const answer = await app.request('/readyz')
  t.is(answer.status, 503)
  t.like(await answer.json(), { code: 'ERR_NOT_READY' })
})

test('a ready daemon says so', async t => t.is((await createApp(source([])).request('/readyz')).status, 200))

for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
  test(`${method} is refused everywhere`, async t => {
    const answer = await createApp(source([view()])).request('/v1/containers/web', { method })
    t.is(answer.status, 405)
    t.is(answer.headers.get('Allow'), 'GET, HEAD')
    t.like(await answer.json(), { code: 'ERR_METHOD' })
  })
}

test('HEAD has the headers of GET and no body', async t => {
  const answer = await createApp(source([])).request('/v1/containers', { method: 'HEAD' })
  t.is(answer.status, 200)
  t.is(await answer.text(), '')
})

test('a body is refused', async t => {
  const answer = await createApp(source([])).request('/healthz', { headers: { 'Content-Length': '5' } })
  t.is(answer.status, 413)
  t.like(await answer.json(), { code: 'ERR_BODY' })
})

test('an unknown path is a problem', async t => {
  const answer = await createApp(source([])).request('/nope')
  t.is(answer.status, 404)
  t.like(await answer.json(), { code: 'ERR_NO_ROUTE', detail: 'nothing is at /nope' })
})

test('an error of ours is reported, its text stays inside', async t => {
  const reported: string[] = []
  const failing = source([], { metricsText: () => Promise.reject(new Error('/secret/path')) })
  const answer = await createApp(failing, { report: error => void reported.push(error.message) }).request('/metrics')
  t.is(answer.status, 500)
  t.false((await answer.text()).includes('secret'))
  t.deepEqual(reported, ['/secret/path'])
})

test('every answer forbids sniffing, scripts and caching', async t => {
  const app = createApp(source([]))
  for (const path of ['/healthz', '/nope', '/v1/containers/x']) {
    const { headers } = await app.request(path)
    t.is(headers.get('X-Content-Type-Options'), 'nosniff')
    t.regex(headers.get('Content-Security-Policy')!, /default-src 'none'/)
    t.is(headers.get('Cache-Control'), 'no-store')
  }
})
