import test from 'ava'
import type { CallCount } from '../../ts/container-view.ts'
import { createApp } from '../../ts/http/app.ts'
import type { ProfilePatch } from '../../ts/http/profile-patch.ts'
import type { ContainerList } from '../../ts/http/summary.ts'
import { source, view } from './fakes.ts'

const call = (syscall: string, count: number, more: Partial<CallCount> = {}): CallCount => ({
  syscall,
  abi: 'x86_64',
  number: 1,
  verdict: 'EPERM',
  phase: 'run',
  count,
  firstAt: '2026-01-01T10:00:01.000Z',
  lastAt: '2026-01-01T10:00:01.000Z',
  ...more,
})

const started = (day: number) => `2026-01-0${day}T00:00:00.000Z`
const ENGINE = {
  docker: { engine: 'docker', image: 'nginx:1' },
  pod: { engine: 'containerd', image: 'library/nginx', namespace: 'prod', pod: 'shop-0' },
} as const
const four = [
  view({ key: 'a', id: '0a', name: 'Web.2', action: 'stop', startedAt: started(1), calls: [call('chroot', 5)] }),
  view({ key: 'b', id: '0b', name: 'db', startedAt: started(3), state: 'exited', incidentsTotal: 9, ...ENGINE.docker }),
  view({ key: 'c', id: 'WEB-c', name: 'cache', startedAt: started(2), calls: [call('chroot', 7)], ...ENGINE.pod }),
  view({ key: 'd', id: '0d', name: 'db', startedAt: started(4), action: 'stop', state: 'stopped' }),
]

async function keys(query: string): Promise<string> {
  const answer = await createApp(source(four)).request(`/v1/containers?${query}`)
  const { containers } = (await answer.json()) as ContainerList
  return containers.map(({ key }) => key).join('')
}

for (const [query, found] of [
  ['', 'dbca'],
  ['action=stop', 'da'],
  ['name=web', 'ca'],
  ['name=0', 'dba'],
  ['name=.', 'a'],
  ['name=db&action=log&state=exited,running', 'b'],
  ['sort=calls', 'cadb'],
  ['sort=calls&order=asc', 'dbac'],
  ['sort=incidents', 'bdca'],
  ['sort=name', 'acdb'],
  ['sort=name&order=desc', 'dbca'],
  ['sort=state', 'bcad'],
  ['sort=started&order=asc', 'acbd'],
  ['limit=2', 'db'],
  ['limit=2&offset=2', 'ca'],
  ['limit=2&offset=3', 'a'],
  ['offset=9', ''],
  ['engine=docker', 'b'],
  ['engine=docker,containerd', 'bc'],
  ['engine=none', 'da'],
  ['namespace=prod', 'c'],
  ['namespace=pro', ''],
  ['pod=shop-0', 'c'],
  ['image=nginx', 'bc'],
  ['image=nginx&engine=docker', 'b'],
] as const) {
  test(`the list of ?${query} is ${found}`, async t => t.is(await keys(query), found))
}

test('a row says when its container is stopped, where that is pending', async t => {
  const openIncident = { startedAt: started(1), dueAt: started(5) }
  const rows = [
    view({ key: 'pending', action: 'stop', openIncident }),
    view({ key: 'logged', action: 'log', openIncident }),
    view({ key: 'quiet', action: 'stop' }),
    view({ key: 'stopping', action: 'stop', state: 'stopping', openIncident }),
  ]
  const answer = await createApp(source(rows)).request('/v1/containers')
  const { containers } = (await answer.json()) as ContainerList
  t.deepEqual(Object.fromEntries(containers.map(({ key, stopDueAt }) => [key, stopDueAt])), {
    pending: started(5),
    logged: null,
    quiet: null,
    stopping: null,
  })
})

test('the total counts all that were found, whatever part is sent', async t => {
  const answer = await createApp(source(four)).request('/v1/containers?name=db&limit=1&offset=5')
  t.deepEqual(await answer.json(), { containers: [], total: 2 })
})

for (const [query, detail] of [
  ['sort=age', 'sort: "age" is not a member to sort by; accepted: started, calls, incidents, name, state'],
  ['sort=name&sort=calls', 'sort: there are 2 values; accepted: one'],
  ['order=up', 'order: "up" is not an order; accepted: auto, asc, desc'],
  ['engine=lxc', 'engine: "lxc" is not an engine; accepted: containerd, cri-o, docker, nerdctl, podman, none'],
  ['action=kill', 'action: "kill" is not an action; accepted: log, stop'],
  ['offset=-1', 'offset: "-1" is not an offset; accepted: a whole number from 0 to 9999999'],
  ['limit=10000000', 'limit: "10000000" is not a limit; accepted: a whole number from 1 to 9999999'],
  ['name=', 'name: a value is empty or too long; accepted: 1 to 256 characters'],
] as const) {
  test(`the query ${query} is refused with what is accepted`, async t => {
    const answer = await createApp(source([])).request(`/v1/containers?${query}`)
    t.is(answer.status, 400)
    t.like(await answer.json(), { code: 'ERR_BAD_QUERY', detail })
  })
}

async function patch(calls: CallCount[]): Promise<ProfilePatch> {
  return (await (
    await createApp(source([view({ calls })])).request('/v1/containers/web/profile')
  ).json()) as ProfilePatch
}

test('the rules name what was denied, once and in order, and nothing else', async t => {
  const found = await patch([
    call('swapoff', 1),
    call('chroot', 2),
    call('chroot', 1, { abi: 'i386', verdict: 'EACCES' }),
    call('mount', 1, { verdict: 'kill_process' }),
    call('read', 1, { verdict: 'allow' }),
    call('write', 1, { verdict: 'log' }),
  ])
  t.deepEqual(found.syscalls, [{ names: ['chroot', 'mount', 'swapoff'], action: 'SCMP_ACT_ALLOW' }])
  t.deepEqual(found.architectures, ['SCMP_ARCH_X86'])
  t.deepEqual([found.probes, found.runtime, found.unnamed], [[], [], []])
  t.deepEqual(found.notes, [
    'the rules allow the calls with any arguments, since arguments that were seen are not all that can come',
    'a name that another rule of the profile denies has to be taken out of that rule',
  ])
})

test('calls of the runtime, probes and calls without a name get no rule, and are told', async t => {
  const found = await patch([
    call('capset', 3, { phase: 'init' }),
    call('clone3', 4, { verdict: 'ENOSYS' }),
    call('syscall_600', 2, { number: 600 }),
    call('syscall_600', 1, { number: 600, verdict: 'EACCES' }),
    call('syscall_-1', 1, { number: -1 }),
    call('other', 9, { abi: 'other', number: -1 }),
  ])
  t.deepEqual(found, {
    key: 'k1',
    syscalls: [],
    architectures: [],
    probes: ['clone3'],
    runtime: ['capset'],
    unnamed: [
      { abi: 'x86_64', number: 600, count: 3 },
      { abi: 'x86_64', number: -1, count: 1 },
      { abi: 'other', number: -1, count: 9 },
    ],
    notes: [
      'calls of phase init are those of the runtime, made before the program was executed; no rule is made of them',
      'calls without a name cannot be allowed by a rule',
    ],
  })
})

test('a name that is needed with another verdict is no mere probe', async t => {
  const { syscalls, probes } = await patch([call('clone3', 1, { verdict: 'ENOSYS' }), call('clone3', 1)])
  t.deepEqual(syscalls[0]?.names, ['clone3'])
  t.deepEqual(probes, [])
})

test('a container without denied calls needs nothing; one that is not there is a problem', async t => {
  t.like(await patch([]), { syscalls: [], notes: [] })
  const answer = await createApp(source([])).request('/v1/containers/nope/profile')
  t.is(answer.status, 404)
  t.like(await answer.json(), { code: 'ERR_NO_CONTAINER' })
})

test('a profile that is not known is told', async t => {
  const { notes } = await patch([call('chroot', 1, { verdict: 'notify' })])
  t.true(
    notes.includes('the profile of the container is not known to the daemon: the calls are those that it notifies'),
  )
})
