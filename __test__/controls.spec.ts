/** What an operator does to a running container: it is done, on the books, and told as what it is. */

import test from 'ava'
import { INIT, startFake } from './helpers/daemon.ts'
import { ENOSYS } from './helpers/fake-native.ts'

const STOPS = 'seccomp_notifyd_stops_total'

test('a stop on request is no incident: its own reason, no message, and no step towards a restart storm', async t => {
  const { daemon, fake, clock, logs, metric } = await startFake(t, { storm: { stops: 1, withinMs: 600_000 } })
  const told: string[] = []
  daemon.on('stopped', ({ id }) => told.push(id))
  const web = fake.attach('web', { init: INIT })
  await clock.pass(100)
  const view = await daemon.stopContainer('web')
  t.like(view, { state: 'stopped', reason: 'stopped on request', message: null, exitCode: 137, incidentsTotal: 0 })
  t.deepEqual(fake.stops, [web])
  t.deepEqual(told, ['web'])
  t.is(await metric(STOPS, { outcome: 'stopped' }), 1)
  t.true(logs.some(({ level, text }) => level === 'warn' && text === 'stop requested'))
  await clock.pass(1000)
  t.like(daemon.container('web'), { state: 'stopped', reason: 'stopped on request' })
})

test('forbidden calls that were not told yet become the incident of the stop', async t => {
  const { daemon, fake, clock, metric } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot', { times: 2 })
  await clock.pass(100)
  const view = await daemon.stopContainer('web')
  const message = 'Used forbidden syscalls: chroot (2x)'
  t.like(view, { reason: 'stopped on request', message, incidentsTotal: 1, openIncident: null })
  t.like(view.incidents[0], { message, outcome: 'stopped' })
  t.is(await metric(STOPS), 1)
})

test('calls that came just before the request are counted too', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  await clock.pass(100)
  fake.call(web, 'chroot')
  t.is((await daemon.stopContainer('web')).message, 'Used forbidden syscalls: chroot (1x)')
})

test('two requests are one stop', async t => {
  const { daemon, fake, clock } = await startFake(t)
  fake.attach('web', { init: INIT })
  await clock.pass(100)
  await Promise.all([daemon.stopContainer('web'), daemon.stopContainer('web')])
  t.is(fake.stops.length, 1)
})

test('a stop that fails says why, and the container goes on', async t => {
  const { daemon, fake, clock, metric } = await startFake(t)
  fake.attach('web', { init: INIT })
  fake.onStop = () => Promise.resolve({ done: false, steps: ['init'], left: [99], told: [] })
  await clock.pass(100)
  await t.throwsAsync(daemon.stopContainer('web'), {
    code: 'ERR_STOP_FAILED',
    message: /^web-.* could not be stopped: processes 99 are left$/,
  })
  t.is(daemon.container('web')?.state, 'running')
  t.is(await metric(STOPS, { outcome: 'failed' }), 1)
})

test('who is not there, has ended or is not certain is not stopped', async t => {
  const { daemon, fake, clock } = await startFake(t)
  fake.detach(fake.attach('gone', { init: INIT }))
  fake.member(fake.attach('other', { init: { pid: 5, startTicks: 5 } }), false)
  await clock.pass(100)
  await t.throwsAsync(daemon.stopContainer('nobody'), { code: 'ERR_NO_CONTAINER' })
  await t.throwsAsync(daemon.stopContainer('gone'), { code: 'ERR_NOT_RUNNING' })
  await t.throwsAsync(daemon.stopContainer('other'), { code: 'ERR_NOT_STOPPABLE' })
  t.deepEqual(fake.stops, [])
})

test('a policy that is changed to stop stops the container for calls that are not told yet', async t => {
  const { daemon, fake, clock, logs } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot')
  await clock.pass(100)
  const view = daemon.changePolicy('web', { action: 'stop', debounce: '1s' })
  t.like(view, { action: 'stop', policySource: 'action: request, answer: configuration' })
  t.like(view.policy, { action: 'stop', debounceMs: 1000, probes: 'ignore' })
  t.like(view.policy?.sources, { action: 'request', debounceMs: 'request', ignore: 'configuration' })
  t.is(Date.parse(view.openIncident!.dueAt) - Date.parse(view.openIncident!.startedAt), 1000)
  t.true(fake.answers.get(web)?.deferKill)
  t.true(logs.some(({ text, settings }) => text === 'policy changed on request' && settings === 'action, debounceMs'))
  await clock.pass(1000)
  t.deepEqual(fake.stops, [web])
})

test('calls that are ignored from now on stop nothing, and probes that count do', async t => {
  const { daemon, fake, clock } = await startFake(t, { policy: { action: 'stop' } })
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot')
  await clock.pass(100)
  daemon.changePolicy('web', { ignore: ['chroot'] })
  await clock.pass(10_000)
  t.deepEqual(fake.stops, [])
  t.like(daemon.container('web'), { incidentsTotal: 0, openIncident: null })
  daemon.changePolicy('web', { probes: 'count' })
  fake.call(web, 'clone3', { verdict: ENOSYS })
  await clock.pass(10_000)
  t.deepEqual(fake.stops, [web])
})

test('the answer changes for the listeners that are there, and for those that come', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const init = { pid: 77, startTicks: 1 }
  const first = fake.attach('web', { init })
  await clock.pass(100)
  daemon.changePolicy('web', { answer: 'continue' })
  t.true(fake.answers.get(first)?.continue)
  const second = fake.attach('web', { init, state: { status: 'running' } })
  await clock.pass(100)
  t.true(fake.answers.get(second)?.continue)
  daemon.changePolicy('web', { answer: 'profile' })
  t.deepEqual(
    [first, second].map(listener => fake.answers.get(listener)?.continue),
    [false, false],
  )
})

test('the errno of calls whose verdict is not known changes for the listeners that are there', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const web = fake.attach('web', { init: INIT, answer: { deferKill: false, continue: true, errno: 38 } })
  await clock.pass(100)
  const { policy } = daemon.changePolicy('web', { errno: 'EACCES' })
  t.like(policy, { errno: 'EACCES', sources: { errno: 'request', answer: 'configuration' } })
  t.deepEqual(fake.answers.get(web), { deferKill: false, continue: true, errno: 13 })
})

test('a bound that is moved moves the end of an incident that is open', async t => {
  const { daemon, fake, clock } = await startFake(t, { policy: { action: 'stop' } })
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot')
  await clock.pass(100)
  const { openIncident } = daemon.changePolicy('web', { debounce: '2m', maxDelay: '3m' })
  t.is(Date.parse(openIncident!.dueAt) - Date.parse(openIncident!.startedAt), 120_000)
  await clock.pass(100_000)
  t.deepEqual(fake.stops, [])
  t.like(daemon.changePolicy('web', { maxDelay: '130s' }).policy, { debounceMs: 120_000, maxDelayMs: 130_000 })
  await clock.pass(20_000)
  t.deepEqual(fake.stops, [web])
})

for (const [change, problem] of [
  [{ actoin: 'stop' }, /actoin: unknown setting; accepted: action, .*did you mean action\?/],
  [{ action: 'kill' }, /action: "kill" is not an action; accepted: log, stop/],
  [{ debounce: 5 }, /debounce: 5 has no unit/],
  [{ debounce: '31s' }, /debounce: 31s is longer than the container's maxDelay; the most is 30s/],
  [{ ignore: 'chroot' }, /ignore: "chroot" is not a list/],
  [{ ignore: ['a b'] }, /ignore\.0: "a b" is not a syscall name/],
  [{ errno: 'eperm' }, /errno: "eperm" is not an errno name/],
  [{ maxDelay: '4s' }, /maxDelay: 4s is shorter than the container's debounce; the least is 5s/],
  [{ debounce: '3s', maxDelay: '2s' }, /debounce: 3s is longer than the container's maxDelay; the most is 2s/],
  [{}, /names no setting/],
  [[], /a list is not a mapping/],
  [null, /an empty value is not a mapping/],
] as const) {
  test(`the change ${JSON.stringify(change)} is refused, and nothing of it is done`, async t => {
    const { daemon, fake, clock } = await startFake(t)
    fake.attach('web', { init: INIT })
    await clock.pass(100)
    const before = daemon.container('web')
    t.throws(() => daemon.changePolicy('web', change as object), { code: 'ERR_POLICY', message: problem })
    t.deepEqual(daemon.container('web'), before)
  })
}

test('the policy of a container that has ended stays what it was', async t => {
  const { daemon, fake, clock } = await startFake(t)
  fake.detach(fake.attach('gone', { init: INIT }))
  await clock.pass(100)
  t.throws(() => daemon.changePolicy('gone', { action: 'stop' }), { code: 'ERR_NOT_RUNNING' })
})
