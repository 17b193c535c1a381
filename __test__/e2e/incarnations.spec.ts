/** The same id again, and again: whom a stop is meant for, and when stopping ends. Under the real runc and crun. */

import { sleep, until } from '../helpers/child.ts'
import type { RuntimeName } from '../helpers/containers.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const KILLED = 137
const DEBOUNCE_MS = 2000
const STOP = { policy: { action: 'stop', debounce: `${DEBOUNCE_MS}ms`, errno: 'EPERM' } }
const STORM = { policy: { action: 'stop', debounce: '200ms', errno: 'EPERM' }, storm: { stops: 2, within: '10m' } }

function define(runtime: RuntimeName): void {
  const { check, setting } = checksUnder(runtime)

  check('an id that is started again during the debounce is not stopped by the old timer', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: STOP })
    const forbidden = { args: ['sh', '-c', 'chroot / true; exit 7'], profile: profile(['chroot']) }
    const harmless = { args: ['sh', '-c', 'echo up; exec sleep 1000'], profile: profile(['chroot']) }
    t.is((await runtimes.run('again', runtimes.bundle(forbidden)).finished).code, 7)
    const second = runtimes.run('again', runtimes.bundle(harmless))
    await second.printed('up')
    await until(async () => (await daemon.container('again'))?.state === 'running', 5000)
    await sleep(DEBOUNCE_MS + 1000)
    t.is((await runtimes.state('again'))?.status, 'running')
    const incarnations = (await daemon.containers()).filter(({ id }) => id === 'again')
    t.deepEqual(
      incarnations.map(({ state, calls, message }) => ({ state, calls, message })),
      [
        { state: 'running', calls: 0, message: null },
        { state: 'exited', calls: 1, message: null },
      ],
    )
    // And the second one is stopped for what it does itself.
    await runtimes.exec('again', ['chroot', '/', 'true'])
    t.is((await second.finished).code, KILLED)
  })

  check('a workload that is stopped again and again is at last only logged, and says so', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: STORM })
    const args = ['sh', '-c', 'chroot / true; echo called; exec sleep 1000']
    const bundle = runtimes.bundle({ args, profile: profile(['chroot']) })
    for (const id of ['job-1', 'job-2']) {
      t.is((await runtimes.run(id, bundle).finished).code, KILLED)
      await until(async () => (await daemon.container(id))?.state === 'stopped', 5000)
    }
    const third = runtimes.run('job-3', bundle)
    await third.printed('called')
    await until(async () => (await daemon.container('job-3'))?.incidents.length === 1, 5000)
    const other = runtimes.run('task-1', bundle)
    t.is((await other.finished).code, KILLED, 'another workload is stopped as ever')
    t.is((await runtimes.state('job-3'))?.status, 'running')
    const view = await daemon.container('job-3')
    t.is(view?.incidents[0]?.outcome, 'latched')
    t.is(view?.incidents[0]?.message, 'Used forbidden syscalls: chroot (1x)')
    t.deepEqual(view?.warnings, ['job was stopped 2 times within 10 minutes and is now only logged'])
    const stops = (outcome: string) => daemon.metric('seccomp_notifyd_stops_total', { outcome })
    // The last one is put down when it is certain that nobody is left.
    await until(async () => (await stops('stopped')) === 3, 5000)
    t.is(await stops('latched'), 1)
  })
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)
