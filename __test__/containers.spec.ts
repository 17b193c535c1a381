import test from 'ava'
import { viewOf } from '../ts/container-view.ts'
import { addIncident, UNSUPERVISED_MESSAGE, warn, type Described } from '../ts/containers.ts'
import { UNKNOWN_ORIGIN } from '../ts/identity.ts'
import { createRegistry } from '../ts/registry.ts'
import { createFakeNative, EPERM, NUMBERS, X86_64 } from './helpers/fake-native.ts'

const { native } = createFakeNative(() => 0)
const names = { ...native, errnoName: () => 'EPERM' }
const registry = () => createRegistry({ names, epoch: 'e' })
const iso = (atMs: number) => new Date(atMs).toISOString()
const init = { pid: 7, startTicks: 100 }

const web = (more: Partial<Described> = {}): Described => ({
  id: 'web',
  name: 'web',
  workload: 'web',
  bundle: '/b',
  init,
  creating: false,
  policy: {
    action: 'stop',
    answer: 'profile',
    errno: 'ENOSYS',
    ignore: [],
    probes: 'ignore',
    debounceMs: 1,
    maxDelayMs: 2,
  },
  policySource: 'configuration',
  warnings: [],
  ...more,
})
const chroots = (count: number) => [
  { arch: X86_64, number: NUMBERS.chroot, verdict: EPERM, init: false, count, firstAtMs: 1, lastAtMs: 1 },
]

test('the same id and init are one container, with all its listeners', t => {
  const containers = registry()
  const first = containers.attach(1, web({ creating: true }), 0)
  const second = containers.attach(2, web(), 5)
  t.true(first.isNew)
  t.false(second.isNew)
  t.is(second.container, first.container)
  t.deepEqual([...first.container.listeners], [1, 2])
})

test('another start time of the same pid is another container', t => {
  const containers = registry()
  containers.attach(1, web({ creating: true }), 0)
  t.true(containers.attach(2, web({ init: { pid: 7, startTicks: 101 } }), 5).isNew)
})

test('a hand-over without init belongs to the living container of that id', t => {
  const containers = registry()
  const { container } = containers.attach(1, web({ creating: true }), 0)
  t.is(containers.attach(2, web({ init: null }), 5).container, container)
  containers.detach(1, 'exited', 6)
  containers.detach(2, 'exited', 7)
  t.true(containers.attach(3, web({ init: null }), 8).isNew)
})

test('a hand-over without init belongs to neither of two living containers of that id', t => {
  const containers = registry()
  const [one, two] = [7, 8].map(pid => web({ creating: true, init: { pid, startTicks: 1 } }))
  const living: unknown[] = [containers.attach(1, one!, 0).container, containers.attach(2, two!, 1).container]
  const { container, isNew } = containers.attach(3, web({ init: null }), 2)
  t.true(isNew)
  t.false(living.includes(container))
  t.is(container.init, null)
  t.is(containers.attach(4, { ...two!, creating: false }, 3).container.init?.pid, 8)
})

test('what is being created is always a new container, with a key of its own', t => {
  const containers = registry()
  const first = containers.attach(1, web({ creating: true }), 0).container
  const second = containers.attach(2, web({ creating: true }), 1).container
  t.not(second, first)
  t.not(second.key, first.key)
  t.is(containers.get(second.key), second)
})

test('a container ends with its last listener, and keeps its calls', t => {
  const containers = registry()
  const { container } = containers.attach(1, web({ creating: true }), 0)
  containers.attach(2, web(), 1)
  container.calls.update(1, chroots(3))
  t.deepEqual(containers.detach(1, 'exited', 10), { container, ended: false })
  t.is(container.state, 'running')
  t.deepEqual(containers.detach(2, 'exited', 20), { container, ended: true })
  t.is(container.state, 'exited')
  t.is(container.finishedAtMs, 20)
  t.is(container.calls.rows()[0]?.count, 3)
  t.is(containers.detach(2, 'exited', 30), undefined)
})

test('a listener that was lost leaves an unsupervised container, which says so', t => {
  const containers = registry()
  const { container } = containers.attach(1, web({ creating: true }), 0)
  containers.detach(1, 'unsupervised', 10)
  t.is(container.state, 'unsupervised')
  t.is(container.message, UNSUPERVISED_MESSAGE)
})

test('a fake id gets a record of its own, and the real container keeps its own', t => {
  const containers = registry()
  const real = containers.attach(1, web({ creating: true }), 0).container
  containers.attach(2, web({ init: null }), 1)
  real.calls.update(1, chroots(1))
  real.calls.update(2, chroots(5))
  const fake = containers.split(2, 2)
  t.not(fake, real)
  t.false(fake?.verified)
  t.true(real.verified)
  t.is(fake?.init, null)
  t.is(containers.of(2), fake)
  t.deepEqual([...real.listeners], [1])
  t.is(real.calls.rows()[0]?.count, 1)
  t.is(fake?.calls.rows()[0]?.count, 5)
  t.is(fake?.warnings.length, 1)
  t.deepEqual(real.warnings, [])
})

test('a fake container does not take in the real one', t => {
  const containers = registry()
  const fake = containers.attach(1, web({ creating: true }), 0).container
  t.is(containers.split(1, 1), fake)
  t.is(containers.split(1, 2), undefined)
  t.true(containers.attach(2, web({ init: null }), 3).isNew)
})

test('a key is safe in paths and URLs whatever the id', t => {
  const hostile = ['../../etc', 'a"b\\c\n', '..', '', 'x'.repeat(1000), '日本']
  const containers = registry()
  for (const [index, id] of hostile.entries()) {
    t.regex(
      containers.attach(index, web({ id, creating: true }), 0).container.key,
      /^[A-Za-z0-9_-][A-Za-z0-9_.-]{2,70}$/,
    )
  }
})

test('a forgotten container is gone, others of its id stay', t => {
  const containers = registry()
  const first = containers.attach(1, web({ creating: true }), 0).container
  const second = containers.attach(2, web({ creating: true }), 0).container
  containers.forget(first.key)
  t.deepEqual(containers.all(), [second])
})

test('a view has what people look for', t => {
  const { container } = registry().attach(1, web({ creating: true, warnings: ['odd'] }), 1000)
  container.calls.update(1, chroots(2))
  const view = viewOf(container, iso)
  t.deepEqual(view, {
    key: container.key,
    id: 'web',
    name: 'web',
    ...UNKNOWN_ORIGIN,
    state: 'running',
    action: 'stop',
    answer: 'profile',
    policySource: 'configuration',
    policy: {
      ...web().policy,
      sources: {
        action: 'configuration',
        answer: 'configuration',
        ignore: 'configuration',
        debounceMs: 'configuration',
        maxDelayMs: 'configuration',
        errno: 'configuration',
        probes: 'configuration',
      },
    },
    recording: null,
    bundle: '/b',
    initPid: 7,
    listeners: 1,
    startedAt: '1970-01-01T00:00:01.000Z',
    finishedAt: null,
    exitCode: null,
    reason: null,
    message: null,
    recentCalls: null,
    calls: [
      {
        syscall: 'chroot',
        abi: 'x86_64',
        number: NUMBERS.chroot,
        verdict: 'EPERM',
        phase: 'run',
        count: 2,
        firstAt: '1970-01-01T00:00:00.001Z',
        lastAt: '1970-01-01T00:00:00.001Z',
      },
    ],
    incidents: [],
    incidentsTotal: 0,
    openIncident: null,
    told: [],
    survivesRestart: false,
    warnings: ['odd'],
  })
})

test('warnings and incidents are bounded', t => {
  const { container } = registry().attach(1, web(), 0)
  for (let index = 0; index < 1000; index++) {
    warn(container, `${index} ${'x'.repeat(1000)}`)
    addIncident(container, { startedAt: '', endedAt: '', message: String(index), outcome: 'logged' })
  }
  t.is(container.warnings.length, 20)
  t.true((container.warnings[0]?.length ?? 0) <= 400)
  t.is(container.incidents.length, 50)
  t.is(container.incidents.at(-1)?.message, '999')
  t.is(container.incidentsTotal, 1000)
})
