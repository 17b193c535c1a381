/** What is told of an incident while its debounce runs: the countdown of a stop. */

import test from 'ava'
import { INIT, startFake } from './helpers/daemon.ts'

const FAST = { policy: { action: 'stop', debounceMs: 5000, maxDelayMs: 12_000 } } as const

test('an open incident is told with when it ends, later with each call, and never later than the bound', async t => {
  const { daemon, fake, clock } = await startFake(t, FAST)
  const web = fake.attach('web', { init: INIT })
  const open = () => daemon.container('web')?.openIncident
  t.is(open(), null)
  const startedAtMs = clock.wallMs()
  const inSeconds = (seconds: number) => new Date(startedAtMs + seconds * 1000).toISOString()
  for (const [atSeconds, dueSeconds] of [
    [0, 5],
    [4, 9],
    [8, 12],
  ] as const) {
    await clock.pass(startedAtMs + atSeconds * 1000 - clock.wallMs())
    fake.call(web, 'chroot')
    await clock.pass(100)
    t.deepEqual(open(), { startedAt: inSeconds(0), dueAt: inSeconds(dueSeconds) })
  }
  await clock.pass(4000)
  t.is(open(), null)
  t.is(daemon.container('web')?.state, 'stopped')
})

test('an incident that is over is open no more, and neither is one whose container ended', async t => {
  const { daemon, fake, clock } = await startFake(t)
  const web = fake.attach('web', { init: INIT })
  fake.call(web, 'chroot')
  await clock.pass(100)
  t.truthy(daemon.container('web')?.openIncident)
  await clock.pass(5000)
  t.is(daemon.container('web')?.openIncident, null)
  fake.call(web, 'chroot')
  await clock.pass(100)
  fake.detach(web)
  await clock.pass(100)
  t.like(daemon.container('web'), { state: 'exited', openIncident: null, incidentsTotal: 2 })
})
