import test from 'ava'
import fc from 'fast-check'
import type { ContainerView } from '../ts/container-view.ts'
import type { NotifydEvent } from '../ts/named-event.ts'
import { INIT, startFake } from './helpers/daemon.ts'
import { settle } from './helpers/clock.ts'
import { ALLOW, ENOSYS, NOTIFY, NUMBERS } from './helpers/fake-native.ts'

const CRIO = 'container_runtime_crio_containers_seccomp_notifier_count_total'
const OWN = 'seccomp_notifyd_container_calls_total'
const TOTAL = 'seccomp_notifyd_calls_total'
const STOP = { policy: { action: 'stop' } } as const

const totalOf = (view: ContainerView | undefined) => (view?.calls ?? []).reduce((sum, { count }) => sum + count, 0)

test('chroot and swapoff twice each: stopped five seconds after the last, with exactly that message', async t => {
  const { daemon, fake, clock, metric } = await startFake(t, STOP)
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot')
  fake.call(web, 'swapoff')
  await clock.pass(3000)
  fake.call(web, 'chroot')
  fake.call(web, 'swapoff')
  await clock.pass(4990)
  t.deepEqual(fake.stops, [])
  await clock.pass(30)
  t.deepEqual(fake.stops, [web])
  const view = daemon.container('web')
  t.is(view?.state, 'stopped')
  t.is(view?.exitCode, 137)
  t.is(view?.reason, 'seccomp killed')
  t.is(view?.message, 'Used forbidden syscalls: chroot (2x), swapoff (2x)')
  t.is(view?.incidents[0]?.outcome, 'stopped')
  t.is(await metric(CRIO, { name: 'web', syscalls: 'chroot (2x), swapoff (2x)' }), 1)
  t.is(await metric('seccomp_notifyd_stops_total', { outcome: 'stopped' }), 1)
})

test('one call every second cannot postpone the stop beyond the bound, and the message has the true count', async t => {
  const { daemon, fake, clock } = await startFake(t, STOP)
  const web = fake.attach('web', { init: INIT })
  for (let second = 0; second < 60 && fake.stops.length === 0; second++) {
    fake.call(web, 'chroot')
    await clock.pass(1000)
  }
  t.deepEqual(fake.stops, [web])
  t.is(daemon.container('web')?.message, 'Used forbidden syscalls: chroot (30x)')
})

test('the incident is counted before the stop begins', async t => {
  const { fake, clock, metric } = await startFake(t, STOP)
  const web = fake.attach('web', { init: INIT })
  let counted = 0
  fake.onStop = async () => {
    counted = await metric(CRIO)
    return { done: true, steps: [], left: [], told: [] }
  }
  fake.call(web, 'chroot')
  await clock.pass(6000)
  await settle()
  t.is(counted, 1)
})

test('log: every call is counted for the whole life, each incident once, and nothing is stopped', async t => {
  const { daemon, fake, clock, metric } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot', { times: 3 })
  await clock.pass(10_000)
  fake.call(web, 'chroot', { times: 2 })
  await clock.pass(10_000)
  t.deepEqual(fake.stops, [])
  t.is(await metric(OWN, { container: 'web', syscall: 'chroot' }), 5)
  const view = daemon.container('web')
  t.is(view?.state, 'running')
  t.deepEqual(
    view?.incidents.map(({ message, outcome }) => [message, outcome]),
    [
      ['Used forbidden syscalls: chroot (3x)', 'logged'],
      ['Used forbidden syscalls: chroot (2x)', 'logged'],
    ],
  )
  t.is(await metric(CRIO, { syscalls: 'chroot (3x)' }), 1)
})

test("CRI-O's later form counts each call, live, before any stop", async t => {
  const { fake, clock, metric } = await startFake(t, { ...STOP, crioForm: 'syscall' })
  const web = fake.attach('web', { init: INIT })
  const chroots = () => metric(CRIO, { name: 'web', syscall: 'chroot' })
  fake.call(web, 'chroot')
  await clock.pass(2000)
  t.is(await chroots(), 1)
  fake.call(web, 'chroot')
  await clock.pass(2000)
  t.is(await chroots(), 2)
  await clock.pass(16_000)
  t.is(fake.stops.length, 1)
  t.is(await chroots(), 2)
})

test('forbidden calls are kept by their time, one container apart from another, and with it when it has ended', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const [web, quiet] = [fake.attach('web', { init: INIT }), fake.attach('quiet', { init: { pid: 9, startTicks: 9 } })]
  fake.call(quiet, 'capset', { init: true })
  fake.call(web, 'chroot')
  fake.call(web, 'chroot')
  await clock.pass(15_000)
  fake.call(web, 'swapoff')
  await clock.pass(100)
  const { recentCalls } = daemon.container('web')!
  t.deepEqual(recentCalls?.counts, [2, 0, 0, 1])
  t.is(daemon.container('quiet')?.recentCalls, null)
  fake.detach(web)
  await clock.pass(600_000)
  t.deepEqual(daemon.container('web')?.recentCalls?.counts, [2, 0, 0, 1])
})

test("probes, the runtime's own calls, allowed and ignored ones are counted and stop nothing", async t => {
  const { daemon, fake, clock, metric } = await startFake(t, { policy: { action: 'stop', ignore: ['mkdir'] } })
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'clone3', { verdict: ENOSYS })
  fake.call(web, 'clone3', { verdict: NOTIFY })
  fake.call(web, 'capset', { init: true })
  fake.call(web, 'swapoff', { verdict: ALLOW })
  fake.call(web, 'mkdir')
  await clock.pass(60_000)
  t.deepEqual(fake.stops, [])
  t.is(daemon.container('web')?.incidentsTotal, 0)
  t.is(totalOf(daemon.container('web')), 5)
  t.is(await metric(OWN, { syscall: 'clone3' }), 2)
})

test('probes stop where they count', async t => {
  const { fake, clock } = await startFake(t, { policy: { action: 'stop', probes: 'count' } })
  fake.call(fake.attach('web', { init: INIT }), 'clone3', { verdict: ENOSYS })
  await clock.pass(6000)
  t.is(fake.stops.length, 1)
})

test('the metadata of each container chooses its policy; garbage is warned of once', async t => {
  const { daemon, fake, clock, logs } = await startFake(t)
  const [a, b, c] = ['{"v":1,"action":"stop"}', '{"v":1,"action":"log"}', 'policy=stop'].map((metadata, index) =>
    fake.attach(`c${index}`, { state: { metadata }, init: { pid: 10 + index, startTicks: 1 } }),
  )
  for (const listener of [a, b, c]) fake.call(listener ?? 0, 'chroot')
  fake.onStop = () => Promise.resolve({ done: true, steps: [], left: [], told: [] })
  await clock.pass(10_000)
  t.deepEqual(fake.stops, [a])
  t.is(daemon.container('c2')?.warnings.length, 1)
  const warned = logs.filter(({ text }) => text === 'container warning')
  t.is(warned.length, 1)
  t.like(warned[0], { container: { id: 'c2' } })
})

test('under stop, kill verdicts are left to the debounce; the rest of the answer is kept', async t => {
  const { fake, clock } = await startFake(t, { containersMay: ['continue'] })
  const answer = { continue: true, errno: 38, deferKill: false }
  const annotations = { 'seccomp-notifyd.io/action': 'stop' }
  const stops = fake.attach('stops', { state: { annotations }, answer })
  const logs = fake.attach('logs', { answer })
  await clock.pass(100)
  t.deepEqual(fake.answers.get(stops), { continue: true, errno: 38, deferKill: true })
  t.is(fake.answers.get(logs), undefined)
})

test('a denied call of an exec stops the whole container', async t => {
  const { daemon, fake, clock } = await startFake(t, STOP)
  const create = fake.attach('web', { init: INIT })
  const exec = fake.attach('web', {
    state: { status: 'running', initPid: 0, pid: 0, bundle: '.' },
    initProblem: 'no pid',
  })
  await clock.pass(100)
  t.is(daemon.container('web')?.listeners, 2)
  fake.call(exec, 'mkdir')
  fake.detach(exec)
  await clock.pass(6000)
  t.deepEqual(fake.stops, [create])
  t.is(daemon.container('web')?.message, 'Used forbidden syscalls: mkdir (1x)')
  t.deepEqual(daemon.container('web')?.warnings, [])
})

test('of the listeners the one is stopped that knows a process', async t => {
  const { fake, clock } = await startFake(t, STOP)
  const first = fake.attach('web', { state: { status: 'running' } })
  fake.attach('web', { state: { status: 'running' } })
  fake.call(first, 'mkdir')
  const create = fake.attach('web2', { init: INIT })
  fake.attach('web2', { state: { status: 'running' } })
  fake.call(create, 'mkdir')
  await clock.pass(6000)
  t.true(fake.stops.includes(create))
})

test('a container that ends during the debounce is recorded and not stopped', async t => {
  const { daemon, fake, clock } = await startFake(t, STOP)
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot', { times: 4 })
  fake.detach(web)
  await clock.pass(60_000)
  t.deepEqual(fake.stops, [])
  const view = daemon.container('web')
  t.is(view?.state, 'exited')
  t.is(view?.exitCode, null)
  t.deepEqual(
    view?.incidents.map(({ message, outcome }) => [message, outcome]),
    [['Used forbidden syscalls: chroot (4x)', 'logged']],
  )
  t.deepEqual(fake.released, [web])
})

test('the timer of an ended container never touches the next one of the same id', async t => {
  const { daemon, fake, clock } = await startFake(t, STOP)
  const first = fake.attach('web', { init: INIT })
  fake.call(first, 'chroot')
  fake.detach(first)
  await clock.pass(1000)
  const second = fake.attach('web', { init: { pid: 78, startTicks: 9 } })
  await clock.pass(60_000)
  t.deepEqual(fake.stops, [])
  t.is(daemon.container('web')?.state, 'running')
  t.is(totalOf(daemon.container('web')), 0)
  fake.call(second, 'chroot')
  await clock.pass(6000)
  t.deepEqual(fake.stops, [second])
  t.is(daemon.containers().filter(({ id }) => id === 'web').length, 2)
})

test('a fake id is shown on its own and stops nothing', async t => {
  const { daemon, fake, clock } = await startFake(t, STOP)
  fake.attach('victim', { init: INIT })
  const attacker = fake.attach('victim', { state: { status: 'running' } })
  await clock.pass(100)
  fake.member(attacker, false)
  fake.call(attacker, 'chroot', { times: 9 })
  await clock.pass(60_000)
  t.deepEqual(fake.stops, [])
  const views = daemon.containers()
  t.deepEqual(views.map(totalOf), [0, 9])
  t.is(views[1]?.incidents[0]?.outcome, 'logged')
  t.regex(views[1]?.warnings[0] ?? '', /never stopped/)
})

test('a stop that fails is told in words, and not tried again', async t => {
  const { daemon, fake, clock, metric } = await startFake(t, STOP)
  const web = fake.attach('web', { init: INIT })
  fake.onStop = () => Promise.reject(new Error('its init is outside of our pid namespace'))
  fake.call(web, 'chroot')
  await clock.pass(6000)
  t.is(daemon.container('web')?.state, 'running')
  t.is(daemon.container('web')?.incidents[0]?.outcome, 'stop failed')
  t.regex(daemon.container('web')?.message ?? '', /pid namespace/)
  fake.call(web, 'chroot')
  await clock.pass(60_000)
  t.is(fake.stops.length, 1)
  t.is(daemon.container('web')?.incidents[1]?.message, 'Used forbidden syscalls: chroot (1x)')
  t.is(await metric('seccomp_notifyd_stops_total', { outcome: 'failed' }), 1)
})

test('where a stop has written the message is told, and why it is not elsewhere', async t => {
  const { daemon, fake, clock, logs } = await startFake(t, STOP)
  const web = fake.attach('web', { init: INIT })
  const told = [{ place: 'stderr' as const }, { place: 'termination-file' as const, problem: 'it is a folder' }]
  fake.onStop = () => Promise.resolve({ done: true, steps: [], left: [], told })
  fake.call(web, 'chroot')
  await clock.pass(6000)
  t.deepEqual(fake.words, [{ text: 'Used forbidden syscalls: chroot (1x)' }])
  const view = daemon.container('web')
  t.deepEqual(view?.told, [
    { place: 'stderr', problem: null },
    { place: 'termination-file', problem: 'it is a folder' },
  ])
  t.deepEqual(view?.warnings, ["the message is not in the kubelet's file: it is a folder"])
  t.like(
    logs.find(({ text }) => text === 'message written before the stop'),
    { written: ['stderr'], unwritten: ['termination-file: it is a folder'] },
  )
})

test('a container that is stopped on request without a forbidden call is told nothing', async t => {
  const { daemon, fake } = await startFake(t, STOP)
  fake.attach('web', { init: INIT })
  await daemon.stopContainer('web')
  t.deepEqual(fake.words, [undefined])
  t.deepEqual(daemon.container('web')?.told, [])
})

test('what is left after a stop is told', async t => {
  const { daemon, fake, clock } = await startFake(t, STOP)
  const web = fake.attach('web', { init: INIT })
  fake.onStop = () => Promise.resolve({ done: false, steps: ['init'], left: [12, 13], told: [] })
  fake.call(web, 'chroot')
  await clock.pass(6000)
  t.regex(daemon.container('web')?.message ?? '', /12, 13/)
})

test('a workload that was stopped too often is only logged, and says so', async t => {
  const { daemon, fake, clock, logs } = await startFake(t, { ...STOP, storm: { stops: 2, withinMs: 600_000 } })
  for (let attempt = 0; attempt < 3; attempt++) {
    fake.call(fake.attach(`job_${attempt}`, { init: { pid: 100 + attempt, startTicks: 1 } }), 'chroot')
    await clock.pass(6000)
  }
  t.is(fake.stops.length, 2)
  const third = daemon.container('job_2')
  t.is(third?.state, 'running')
  t.is(third?.incidents[0]?.outcome, 'latched')
  t.regex(third?.warnings[0] ?? '', /job was stopped 2 times/)
  t.true(logs.some(({ outcome }) => outcome === 'latched'))
})

test('calls before the hand-over is complete are counted once it is', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const web = fake.attach('', { unnamed: true })
  fake.call(web, 'chroot', { times: 3 })
  await clock.pass(100)
  t.deepEqual(daemon.containers(), [])
  fake.identify(web, 'web', { init: INIT })
  fake.call(web, 'chroot')
  await clock.pass(100)
  t.is(totalOf(daemon.container('web')), 4)
})

test('calls of a listener that was never described are not lost', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const web = fake.attach('', { unnamed: true })
  fake.call(web, 'chroot', { times: 3 })
  fake.detach(web, 'refused')
  await clock.pass(100)
  t.is(totalOf(daemon.container('unidentified')), 3)
})

test('a ring that overflows loses no count', async t => {
  const { daemon, fake, clock, metric } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'mkdir', { times: 70_000 })
  fake.call(web, 'chroot', { times: 7 })
  await clock.pass(1000)
  t.true((await metric('seccomp_notifyd_dropped_events_total')) > 0)
  t.is(totalOf(daemon.container('web')), 70_007)
  t.is(await metric(TOTAL, { syscall: 'chroot' }), 7)
})

test('under load there is no wake-up, and one for the first of a batch', async t => {
  const { fake, clock } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  await clock.pass(1000)
  t.true(fake.armed)
  const before = fake.wakes
  for (let tick = 0; tick < 100; tick++) {
    fake.call(web, 'chroot', { times: 50 })
    clock.advance(10)
  }
  t.is(fake.wakes, before + 1)
  await clock.pass(1000)
  t.true(fake.armed)
})

test('an idle daemon sets no timer', async t => {
  const { fake, clock } = await startFake(t)
  fake.attach('web', { init: INIT })
  await clock.pass(60_000)
  t.is(clock.pending(), 0)
})

test('events are decoded only while somebody listens, with their container and names', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'mkdir')
  await clock.pass(100)
  const seen: string[] = []
  daemon.on('event', event => void seen.push(`${event.container?.id} ${event.syscall} ${event.verdict} ${event.errno}`))
  fake.call(web, 'chroot', { times: 2 })
  await clock.pass(100)
  t.deepEqual(seen, ['web chroot EPERM EPERM', 'web chroot EPERM EPERM'])
})

test('a container and its first call in one batch: the event names the container', async t => {
  const { daemon, fake } = await startFake(t)
  const seen: (string | undefined)[] = []
  daemon.on('event', event => void seen.push(event.container?.id))
  fake.armed = false
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot')
  fake.detach(web)
  fake.armed = true
  fake.notice({ kind: 'refused', atMs: 0 })
  t.deepEqual(seen, ['web'])
})

test('what happens is told to subscribers, in order', async t => {
  const { daemon, fake, clock } = await startFake(t, STOP)
  const told: string[] = []
  daemon.on('attached', ({ id }) => void told.push(`attached ${id}`))
  daemon.on('incident', ({ id }, { outcome }) => void told.push(`incident ${id} ${outcome}`))
  daemon.on('stopped', ({ id }) => void told.push(`stopped ${id}`))
  daemon.on('ended', ({ id, state }) => void told.push(`ended ${id} ${state}`))
  daemon.on('refused', ({ reason }) => void told.push(`refused ${reason}`))
  daemon.on('warning', ({ id }, text) => void told.push(`warning ${id} ${text}`))
  fake.notice({ kind: 'refused', atMs: 0, reason: 'not_json', message: 'no JSON' })
  fake.call(fake.attach('web', { init: INIT, warnings: ['two descriptors'] }), 'chroot')
  await clock.pass(6000)
  t.deepEqual(told, [
    'refused not_json',
    'attached web',
    'warning web two descriptors',
    'incident web stopped',
    'stopped web',
    'ended web stopped',
  ])
})

test('a reader sees what is so now, between two ticks and from within a subscriber', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const seen: number[] = []
  daemon.on('attached', () => void seen.push(daemon.containers().length))
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot')
  t.is(totalOf(daemon.container('web')), 1)
  t.deepEqual(seen, [1])
  fake.call(web, 'chroot')
  t.is(totalOf(daemon.container('web')), 2)
  await clock.pass(1000)
  t.true(fake.armed)
})

test('the log has one line per call and container, one per incident, and a summary a minute', async t => {
  const { fake, clock, logs } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  for (let tick = 0; tick < 600; tick++) {
    fake.call(web, 'chroot', { times: 10 })
    fake.call(web, 'mkdir', { times: 10 })
    await clock.pass(200)
  }
  const texts = logs.map(({ text }) => text)
  t.is(texts.filter(text => text === 'denied call seen for the first time').length, 2)
  t.is(texts.filter(text => text === 'denied calls go on').length, 1)
  t.true(logs.length < 15, `${logs.length} lines`)
  const about = logs.filter(({ container }) => container !== undefined)
  t.true(about.length > 3)
  for (const record of about)
    t.like(record, { container: { id: 'web', name: 'web', bundle: '/bundles/web', initPid: 77 } })
})

test('a program that makes numbers up cannot fill the log', async t => {
  const { fake, clock, logs } = await startFake(t)
  const web = fake.attach('w'.repeat(100_000), { init: INIT, state: { bundle: 'b'.repeat(100_000) } })
  for (let number = 1000; number < 5096; number++) fake.call(web, number)
  await clock.pass(1000)
  t.true(logs.length < 80)
  t.true(JSON.stringify(logs).length < 100_000)
})

test('a closed daemon leaves no timer and nothing held, and the next one knows its containers', async t => {
  const first = await startFake(t, STOP)
  const web = first.fake.attach('web', { init: INIT })
  first.fake.call(web, 'chroot', { times: 6 })
  await first.clock.pass(1000)
  await first.daemon.close()
  await first.daemon.close()
  t.true(first.fake.closed)
  t.deepEqual(first.fake.stops, [])
  t.is(first.clock.pending(), 0)
  t.is(first.clock.held(), 0)
  t.false(first.daemon.ready())
  t.like(first.logs.at(-1), { level: 'warn', text: 'container goes on unsupervised', container: { id: 'web' } })
  const second = await first.again()
  const known = second.daemon.container('web')
  t.is(known?.state, 'unsupervised')
  t.is(totalOf(known), 6)
  t.deepEqual(
    known?.incidents.map(({ outcome }) => outcome),
    ['logged'],
  )
})

test('closing waits for a stop under way', async t => {
  const { daemon, fake, clock } = await startFake(t, STOP)
  const web = fake.attach('web', { init: INIT })
  let finish = () => {}
  fake.onStop = () => new Promise(resolve => (finish = () => resolve({ done: true, steps: [], left: [], told: [] })))
  fake.call(web, 'chroot')
  await clock.pass(6000)
  t.is(daemon.container('web')?.state, 'stopping')
  const closed = daemon.close()
  await settle()
  t.false(fake.closed)
  finish()
  await closed
  t.is(daemon.container('web')?.state, 'stopped')
})

test('a start that fails lets go of everything', async t => {
  const { config, daemon, again } = await startFake(t)
  await t.throwsAsync(again(), { code: 'ERR_STATE_DIR_IN_USE' })
  await daemon.close()
  const next = await again()
  t.true(next.daemon.ready())
  t.is(next.fake.listening, config.listener.socket)
})

test('a container is found by key and by id, the newest incarnation first', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const first = fake.attach('web', { init: INIT })
  await clock.pass(100)
  const key = daemon.container('web')?.key ?? ''
  fake.detach(first)
  await clock.pass(100)
  fake.attach('web', { init: { pid: 78, startTicks: 2 } })
  await clock.pass(100)
  t.is(daemon.container(key)?.state, 'exited')
  t.is(daemon.container('web')?.state, 'running')
  t.is(daemon.container('nobody'), undefined)
})

test('however calls are split over batches and listeners, every total is exact', async t => {
  const step = fc.record({
    listener: fc.nat(2),
    call: fc.constantFrom(...(Object.keys(NUMBERS) as (keyof typeof NUMBERS)[])),
    times: fc.integer({ min: 1, max: 30 }),
    waitMs: fc.constantFrom(0, 0, 7, 20, 500),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const { daemon, fake, clock, metric } = await startFake(t, { policy: { debounceMs: 100 } })
      const listeners = [0, 1, 2].map(index =>
        fake.attach('web', { init: INIT, state: { status: index === 0 ? 'creating' : 'running' } }),
      )
      for (const { listener, call, times, waitMs } of steps) {
        fake.call(listeners[listener] ?? 0, call, { times })
        if (waitMs > 0) await clock.pass(waitMs)
      }
      for (const listener of listeners) fake.detach(listener)
      await clock.pass(1000)
      const expected = steps.reduce((sum, { times }) => sum + times, 0)
      t.is(totalOf(daemon.container('web')), expected)
      t.is(await metric(TOTAL), expected)
      const told =
        daemon.container('web')?.incidents.flatMap(({ message }) => [...message.matchAll(/\((\d+)x\)/g)]) ?? []
      if ((daemon.container('web')?.incidentsTotal ?? 0) <= 50)
        t.is(
          told.reduce((sum, [, count]) => sum + Number(count), 0),
          expected,
        )
      await daemon.close()
    }),
    { numRuns: 30 },
  )
})

test('what was read of a call is in its event, its container, the log and the report of it', async t => {
  const { daemon, fake, clock, logs } = await startFake(t)
  const told: NotifydEvent[] = []
  daemon.on('event', event => void told.push(event))
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot', { detail: { text: '{"comm":"sh","args":["\\"/x\\""]}' } })
  fake.call(web, 'chroot')
  fake.call(web, 'mkdir', { detail: { missing: 'timed out' } })
  await clock.pass(100)
  t.deepEqual(
    told.map(({ detail }) => detail && [detail.missing, detail.comm, detail.args]),
    [[null, 'sh', ['"/x"']], undefined, ['timed out', null, []]],
  )
  const calls = daemon.container('web')?.calls ?? []
  t.deepEqual(
    calls.map(({ syscall, detail }) => [syscall, detail?.comm, detail?.missing]),
    [
      ['chroot', 'sh', null],
      ['mkdir', null, 'timed out'],
    ],
  )
  const lines = logs.filter(({ text }) => text === 'denied call seen for the first time')
  t.deepEqual(
    lines.map(({ detail }) => detail),
    [{ comm: 'sh', exe: null, cmdline: [], args: ['"/x"'] }, { missing: 'timed out' }],
  )
})

test('details whose events were lost take no room for ever, and those of nobody disturb nothing', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  for (let number = 0; number < 3000; number++) fake.call(web, number, { detail: { text: '{}' } })
  fake.call(99, 'chroot', { detail: { text: '{}' } })
  await clock.pass(100)
  t.is(totalOf(daemon.container('web')), 3000)
})
