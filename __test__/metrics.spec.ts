import test from 'ava'
import { UNKNOWN_ORIGIN } from '../ts/identity.ts'
import { createMetrics, type Metrics, type MetricsOptions } from '../ts/metrics.ts'
import { FakeSupervisor } from './helpers/fake-native.ts'
import { parseMetrics } from './helpers/daemon-process.ts'

const CRIO = 'container_runtime_crio_containers_seccomp_notifier_count_total'
const OWN = 'seccomp_notifyd_container_calls_total'
const TOTAL = 'seccomp_notifyd_calls_total'

function setting(options: Partial<MetricsOptions> = {}) {
  let nowMs = 0
  const supervisor = new FakeSupervisor(
    {
      answer: { continue: false, errno: 38, deferKill: false },
      mayContinue: false,
      ringEvents: 8,
      handoverTimeoutMs: 1,
    },
    () => {},
    () => nowMs,
  )
  const metrics = createMetrics(
    { crioForm: 'syscall', retentionMs: 1000, maxSyscalls: 100, maxContainers: 50, ...options },
    {
      stats: () => supervisor.stats(),
      states: () => ['running', 'running', 'stopping'],
      nowMs: () => nowMs,
      build: { version: '1.2.3', node: 'v20', libseccomp: '2.6.0' },
      lagSeconds: () => Promise.resolve(0.5),
    },
  )
  return { metrics, later: (byMs: number) => void (nowMs += byMs) }
}

const samples = async (metrics: Metrics, name: string) =>
  parseMetrics((await metrics.text()).body).filter(each => each.name === name)
const value = async (metrics: Metrics, name: string, labels: Record<string, string> = {}) =>
  (await samples(metrics, name))
    .filter(each => Object.entries(labels).every(([key, wanted]) => each.labels[key] === wanted))
    .reduce((sum, each) => sum + each.value, 0)
const run = (syscall: string, count = 1, verdict = 'EPERM') => ({ syscall, verdict, count, phase: 'run' as const })
const named = (key: string, name: string) => ({ key, name, origin: UNKNOWN_ORIGIN, isNamed: true })
const web = named('k', 'web')

test('every outcome of a stop has a series from the start, so that a rate sees the first one', async t => {
  const { metrics } = setting()
  const stops = async () =>
    (await samples(metrics, 'seccomp_notifyd_stops_total')).map(each => [each.labels['outcome'], each.value])
  t.deepEqual(await stops(), [
    ['stopped', 0],
    ['failed', 0],
    ['latched', 0],
  ])
  metrics.stop('failed')
  t.deepEqual((await stops())[1], ['failed', 1])
})

test('calls are counted for the node and for the container', async t => {
  const { metrics } = setting()
  metrics.counted(web, run('chroot', 2))
  metrics.counted(web, run('chroot', 3))
  metrics.counted(web, { ...run('capset', 4), phase: 'init' })
  t.is(await value(metrics, TOTAL, { syscall: 'chroot', verdict: 'EPERM', phase: 'run' }), 5)
  t.is(await value(metrics, TOTAL, { syscall: 'capset', phase: 'init' }), 4)
  t.is(await value(metrics, OWN, { container: 'web', syscall: 'chroot' }), 5)
})

test("CRI-O's counter: one increment per call of the user's program that is not allowed", async t => {
  const { metrics } = setting({ crioForm: 'syscall' })
  metrics.counted(web, run('chroot', 2))
  metrics.counted(web, run('personality', 7, 'allow'))
  metrics.counted(web, { ...run('capset', 9), phase: 'init' })
  metrics.incident(web, 'chroot (2x)')
  t.deepEqual(await samples(metrics, CRIO), [{ name: CRIO, labels: { name: 'web', syscall: 'chroot' }, value: 2 }])
})

test("CRI-O's counter in its first form: one increment per incident", async t => {
  const { metrics } = setting({ crioForm: 'syscalls' })
  metrics.counted(web, run('chroot', 2))
  metrics.incident(web, 'chroot (2x), swapoff (1x)')
  metrics.incident(web, 'chroot (2x), swapoff (1x)')
  const labels = { name: 'web', syscalls: 'chroot (2x), swapoff (1x)' }
  t.deepEqual(await samples(metrics, CRIO), [{ name: CRIO, labels, value: 2 }])
})

test('hostile names are cut and escaped', async t => {
  const { metrics } = setting()
  metrics.counted(named('k', `a"b\\c\nd${'x'.repeat(500)}`), run('chroot'))
  const [sample] = await samples(metrics, OWN)
  t.true(sample?.labels['container']?.startsWith('a"b\\c\nd'))
  t.is(sample?.labels['container']?.length, 128)
})

test('a thousand short containers leave few series after the retention, and the total', async t => {
  const { metrics, later } = setting({ maxContainers: 2000 })
  for (let index = 0; index < 1000; index++) {
    metrics.counted(named(`k${index}`, `job-${index}`), run('chroot'))
    metrics.ended(named(`k${index}`, `job-${index}`), index)
  }
  t.is((await samples(metrics, OWN)).length, 1000)
  later(3000)
  t.true(parseMetrics((await metrics.text()).body).length < 50)
  t.is(await value(metrics, OWN), 0)
  t.is(await value(metrics, CRIO), 0)
  t.is(await value(metrics, TOTAL), 1000)
})

test('the series of an ended container stay for the retention', async t => {
  const { metrics, later } = setting()
  metrics.counted(web, run('chroot'))
  metrics.ended(web, 0)
  later(999)
  t.is(await value(metrics, OWN, { container: 'web' }), 1)
  later(1)
  t.is(await value(metrics, OWN, { container: 'web' }), 0)
})

test('a name that another incarnation still has is kept', async t => {
  const { metrics, later } = setting()
  metrics.counted(web, run('chroot'))
  metrics.counted({ ...web, key: 'k2' }, run('chroot'))
  metrics.ended(web, 0)
  later(5000)
  t.is(await value(metrics, OWN, { container: 'web' }), 2)
})

test('made-up numbers cannot make more series than the cap, nor push named calls out', async t => {
  const { metrics } = setting({ maxSyscalls: 100 })
  for (let index = 0; index < 4096; index++) metrics.counted(web, run(`syscall_${10_000 + index}`))
  metrics.counted(web, run('chroot', 5))
  for (const name of [TOTAL, OWN, CRIO]) {
    t.true((await samples(metrics, name)).length <= 101, name)
    t.is(await value(metrics, name), 4101)
    t.is(await value(metrics, name, { syscall: 'chroot' }), 5)
    t.true((await value(metrics, name, { syscall: 'other' })) > 3900)
  }
})

test('more containers than the cap share one label, which never shrinks', async t => {
  const { metrics, later } = setting({ maxContainers: 2 })
  const ended = [1, 2, 3, 4].map(index => named(`k${index}`, `c${index}`))
  for (const container of ended) metrics.counted(container, run('chroot'))
  t.deepEqual(
    (await samples(metrics, OWN)).map(({ labels }) => labels['container']),
    ['c1', 'c2', 'other'],
  )
  for (const container of ended) metrics.ended(container, 0)
  later(5000)
  t.is(await value(metrics, OWN, { container: 'other' }), 2)
  metrics.counted(named('k5', 'c5'), run('chroot'))
  t.is(await value(metrics, OWN, { container: 'c5' }), 1)
})

test('texts of incidents are bounded, and free their place with their container', async t => {
  const { metrics, later } = setting({ crioForm: 'syscalls', maxSyscalls: 10 })
  for (let index = 0; index < 30; index++) metrics.incident(web, `chroot (${index}x)`)
  t.is((await samples(metrics, CRIO)).length, 11)
  metrics.ended(web, 0)
  later(5000)
  await metrics.text()
  metrics.incident(named('k2', 'next'), 'mkdir (1x)')
  t.is(await value(metrics, CRIO, { name: 'next', syscalls: 'mkdir (1x)' }), 1)
})

test('what is counted natively is copied, not added up', async t => {
  const { metrics } = setting()
  for (let scrape = 0; scrape < 3; scrape++) await metrics.text()
  t.is(await value(metrics, 'seccomp_notifyd_aborted_notifications_total'), 3)
  t.is(await value(metrics, 'seccomp_notifyd_handovers_refused_total', { reason: 'not_json' }), 2)
  t.is(await value(metrics, 'seccomp_notifyd_failed_looks_total', { reason: 'timed_out' }), 3)
  t.is(await value(metrics, 'seccomp_notifyd_containers', { state: 'running' }), 2)
  t.is(await value(metrics, 'seccomp_notifyd_event_loop_lag_seconds'), 0.5)
  t.is(await value(metrics, 'seccomp_notifyd_build_info', { version: '1.2.3', libseccomp: '2.6.0' }), 1)
})

test('the histogram is cumulative and ends with +Inf', async t => {
  const { metrics } = setting()
  const buckets = await samples(metrics, 'seccomp_notifyd_answer_latency_seconds_bucket')
  t.deepEqual(
    buckets.map(({ labels, value: count }) => [labels['le'], count]),
    [
      ['0.00001', 5],
      ['0.001', 8],
      ['+Inf', 9],
    ],
  )
  t.is(await value(metrics, 'seccomp_notifyd_answer_latency_seconds_count'), 9)
  t.is(await value(metrics, 'seccomp_notifyd_answer_latency_seconds_sum'), 0.25)
})

test('stops are counted by outcome, and two daemons in one process do not share metrics', async t => {
  const [one, two] = [setting().metrics, setting().metrics]
  one.stop('stopped')
  one.stop('latched')
  t.is(await value(one, 'seccomp_notifyd_stops_total', { outcome: 'stopped' }), 1)
  t.is(await value(one, 'seccomp_notifyd_stops_total'), 2)
  t.is(await value(two, 'seccomp_notifyd_stops_total'), 0)
  t.regex((await one.text()).type, /^text\/plain; version=0\.0\.4/)
})

test('every metric of ours carries the prefix', async t => {
  const { metrics } = setting()
  metrics.counted(web, run('chroot'))
  const found = new Set(parseMetrics((await metrics.text()).body).map(({ name }) => name))
  t.deepEqual(
    [...found].filter(name => !name.startsWith('seccomp_notifyd_') && name !== CRIO),
    [],
  )
})

test('parts of a name are labels of their own, since it cannot be taken apart', async t => {
  const { metrics } = setting()
  const origin = { ...UNKNOWN_ORIGIN, namespace: 'prod', pod: 'shop_0', podContainer: 'web' }
  metrics.counted({ ...named('k', 'k8s_web_shop_0_prod_u_0'), origin }, run('chroot'))
  const [sample] = await samples(metrics, OWN)
  const parts = { namespace: 'prod', pod: 'shop_0', pod_container: 'web' }
  t.deepEqual(sample?.labels, { container: 'k8s_web_shop_0_prod_u_0', ...parts, syscall: 'chroot' })
  t.deepEqual((await samples(metrics, CRIO))[0]?.labels, { name: 'k8s_web_shop_0_prod_u_0', syscall: 'chroot' })
})

test('one name in two namespaces is two series, of which one can go', async t => {
  const { metrics, later } = setting()
  const [red, blue] = ['red', 'blue'].map(namespace => ({
    ...named(namespace, 'web'),
    origin: { ...UNKNOWN_ORIGIN, namespace },
  }))
  for (const container of [red!, blue!]) metrics.counted(container, run('chroot', 2))
  metrics.ended(red!, 0)
  later(5000)
  t.is(await value(metrics, OWN, { namespace: 'red' }), 0)
  t.is(await value(metrics, OWN, { namespace: 'blue' }), 2)
  t.is(await value(metrics, CRIO, { name: 'web' }), 4)
})

test('a container that is called `other` is counted with the others, one whose namespace is stays apart', async t => {
  const { metrics } = setting()
  metrics.counted(named('k', 'other'), run('chroot'))
  metrics.ended(named('k', 'other'), 0)
  metrics.counted({ ...named('k2', 'web'), origin: { ...UNKNOWN_ORIGIN, namespace: 'other' } }, run('chroot'))
  t.is(await value(metrics, OWN, { container: 'web', namespace: 'other' }), 1)
  t.is(await value(metrics, OWN, { container: 'other', namespace: '' }), 1)
})

test('a container has no series before it has its name, and then all that was counted, under that alone', async t => {
  const { metrics, later } = setting({ crioForm: 'syscalls' })
  const container = { ...named('k', 'f00d'), isNamed: false }
  metrics.counted(container, run('chroot', 2))
  metrics.counted(container, run('chroot', 3))
  metrics.counted(container, run('mkdir', 1, 'allow'))
  metrics.incident(container, 'chroot (5x)')
  metrics.ended(container, 0)
  t.deepEqual(await samples(metrics, OWN), [])
  t.is(await value(metrics, TOTAL), 6)
  metrics.named(named('k', 'web'))
  t.deepEqual(
    (await samples(metrics, OWN)).map(({ labels, value: count }) => [labels['container'], labels['syscall'], count]),
    [
      ['web', 'chroot', 5],
      ['web', 'mkdir', 1],
    ],
  )
  t.is(await value(metrics, CRIO, { name: 'web', syscalls: 'chroot (5x)' }), 1)
  later(5000)
  t.deepEqual(await samples(metrics, OWN), [])
})
