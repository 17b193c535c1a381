import test, { type ExecutionContext } from 'ava'
import { errorText, NotifydError } from '../ts/errors.ts'
import { run, type RunOptions } from '../ts/run.ts'
import { createClock } from './helpers/clock.ts'
import { createFakeNative, ENOSYS, type FakeSupervisor } from './helpers/fake-native.ts'

const LISTENER = 1

async function start(options: Partial<RunOptions> = {}) {
  const clock = createClock()
  const { native, supervisor } = createFakeNative(clock.nowMs)
  const running = await run({ command: 'app', deny: ['chroot', 'swapoff'], ...options }, { native, clock })
  return { running, clock, fake: supervisor() }
}

/** As the addon does when everything is killed. */
function endsWhenStopped(fake: FakeSupervisor): void {
  fake.onStop = async () => {
    fake.exit(LISTENER, { signal: 9 })
    fake.end(LISTENER)
    return { done: true, steps: ['tree'], left: [], told: [] }
  }
}

test('the command gets its arguments, environment, folder and program', async t => {
  const { running, fake, clock } = await start({ args: ['-v'], env: { A: '1', B: undefined }, cwd: '/tmp' })
  t.like(fake.launched, { command: 'app', args: ['-v'], env: ['A=1'], cwd: '/tmp' })
  t.is(Buffer.from(fake.launched?.program ?? []).toString(), 'chroot,swapoff')
  t.deepEqual(fake.launched?.answer, { continue: false, errno: 38, deferKill: false })
  t.is(running.pid, 4242)
  fake.exit(LISTENER, { exitCode: 0 })
  fake.end(LISTENER)
  await clock.pass(100)
  t.is((await running.finished).exitCode, 0)
})

test('the command keeps its exit code, and what it was denied is told', async t => {
  const { running, clock, fake } = await start()
  fake.call(LISTENER, 'swapoff')
  fake.call(LISTENER, 'chroot', { times: 2 })
  fake.exit(LISTENER, { exitCode: 42 })
  fake.end(LISTENER)
  await clock.pass(100)
  const report = await running.finished
  t.is(report.exitCode, 42)
  t.is(report.signal, null)
  t.is(report.reason, null)
  t.is(report.message, 'Used forbidden syscalls: chroot (2x), swapoff (1x)')
  t.deepEqual(
    report.calls.map(({ syscall, count }) => [syscall, count]),
    [
      ['swapoff', 1],
      ['chroot', 2],
    ],
  )
  t.is(report.incidents[0]?.outcome, 'logged')
  t.true(fake.closed)
  t.is(clock.pending(), 0)
  t.is(clock.held(), 0)
})

test('a command without denied calls has no message', async t => {
  const { running, clock, fake } = await start()
  fake.call(LISTENER, 'clone3', { verdict: ENOSYS })
  fake.exit(LISTENER, { exitCode: 0 })
  fake.end(LISTENER)
  await clock.pass(100)
  const report = await running.finished
  t.is(report.message, null)
  t.is(report.calls.length, 1)
})

test('a signal is 128 + its number, as in a shell', async t => {
  const { running, clock, fake } = await start()
  fake.exit(LISTENER, { signal: 15 })
  fake.end(LISTENER)
  await clock.pass(100)
  t.like(await running.finished, { exitCode: 143, signal: 'SIGTERM' })
})

test('descendants are served until the last has ended', async t => {
  const { running, clock, fake } = await start()
  let exited: unknown
  let done = false
  running.on('exited', how => void (exited = how))
  void running.finished.then(() => (done = true))
  fake.exit(LISTENER, { exitCode: 0 })
  await clock.pass(10_000)
  t.like(exited, { exitCode: 0 })
  t.false(done)
  fake.call(LISTENER, 'chroot')
  fake.end(LISTENER)
  await clock.pass(100)
  t.is((await running.finished).message, 'Used forbidden syscalls: chroot (1x)')
})

test('stop ends the command after the debounce', async t => {
  const { running, clock, fake } = await start({ action: 'stop', debounceMs: 500 })
  endsWhenStopped(fake)
  t.true(fake.launched?.answer.deferKill)
  const outcomes: string[] = []
  running.on('incident', ({ outcome }) => void outcomes.push(outcome))
  fake.call(LISTENER, 'chroot', { times: 2 })
  await clock.pass(490)
  t.deepEqual(fake.stops, [])
  await clock.pass(1000)
  const report = await running.finished
  t.like(report, { exitCode: 137, reason: 'seccomp killed', message: 'Used forbidden syscalls: chroot (2x)' })
  t.deepEqual(fake.stops, [LISTENER])
  t.deepEqual(outcomes, ['stopped'])
})

test('signals are sent by name and by number', async t => {
  const { running, clock, fake } = await start()
  running.signal('SIGTERM')
  running.signal(28)
  t.deepEqual(fake.signals, [15, 28])
  fake.end(LISTENER)
  await clock.pass(100)
  await running.finished
})

test('aborting ends everything', async t => {
  const controller = new AbortController()
  const { running, clock, fake } = await start({ signal: controller.signal })
  endsWhenStopped(fake)
  controller.abort()
  await clock.pass(100)
  t.like(await running.finished, { exitCode: 137, reason: 'aborted', signal: 'SIGKILL' })
  await t.throwsAsync(start({ signal: controller.signal }), { any: true, name: 'AbortError' })
})

test('aborting while the command is being started ends it', async t => {
  const controller = new AbortController()
  const clock = createClock()
  const { native, supervisor } = createFakeNative(clock.nowMs)
  const { Supervisor } = native
  class Slow extends Supervisor {
    override async launch(request: Parameters<InstanceType<typeof Supervisor>['launch']>[0]) {
      const launched = await super.launch(request)
      endsWhenStopped(supervisor())
      controller.abort()
      return launched
    }
  }
  const deps = { native: { ...native, Supervisor: Slow }, clock }
  const running = await run({ command: 'app', deny: ['chroot'], signal: controller.signal }, deps)
  await clock.pass(100)
  t.like(await running.finished, { exitCode: 137, reason: 'aborted' })
})

test('whoever subscribes after the start hears everything', async t => {
  const clock = createClock()
  const { native, supervisor } = createFakeNative(clock.nowMs)
  const { Supervisor } = native
  class Quick extends Supervisor {
    override async launch(request: Parameters<InstanceType<typeof Supervisor>['launch']>[0]) {
      const launched = await super.launch(request)
      supervisor().call(LISTENER, 'chroot', { times: 2 })
      supervisor().exit(LISTENER, { exitCode: 3 })
      supervisor().end(LISTENER)
      await clock.pass(100)
      return launched
    }
  }
  const warned = { ...native, Supervisor: Quick, compileDenyList: native.compileDenyList }
  const compileProfile = () => ({ program: Buffer.from(''), restricts: true, warnings: ['rules were skipped'] })
  const running = await run({ command: 'app', profile: '{}' }, { native: { ...warned, compileProfile }, clock })
  const told: string[] = []
  running.on('warning', text => void told.push(text))
  running.on('event', ({ syscall }) => void told.push(syscall))
  running.on('exited', ({ exitCode }) => void told.push(`exited ${exitCode}`))
  await clock.pass(100)
  await running.finished
  t.deepEqual(told, ['rules were skipped', 'chroot', 'chroot', 'exited 3'])
})

test('after the end nothing is signalled or stopped, and that is no error', async t => {
  const { running, clock, fake } = await start()
  fake.exit(LISTENER, { exitCode: 0 })
  fake.end(LISTENER)
  await clock.pass(100)
  await running.finished
  running.signal('SIGTERM')
  await running.stop()
  t.deepEqual(fake.signals, [])
  t.deepEqual(fake.stops, [])
})

test('a signal that does not exist is refused by its name', async t => {
  const { running, clock, fake } = await start()
  const wrong = 'SIGWHAT' as NodeJS.Signals
  t.throws(() => running.signal(wrong), {
    instanceOf: NotifydError,
    code: 'ERR_INVALID_ARGUMENT',
    message: /"SIGWHAT"/,
  })
  fake.end(LISTENER)
  await clock.pass(100)
  await running.finished
})

test('a command that ended before launch() resolved is counted all the same', async t => {
  const clock = createClock()
  const { native, supervisor } = createFakeNative(clock.nowMs)
  const { Supervisor } = native
  class Quick extends Supervisor {
    override async launch(request: Parameters<InstanceType<typeof Supervisor>['launch']>[0]) {
      const launched = await super.launch(request)
      supervisor().call(LISTENER, 'chroot')
      supervisor().exit(LISTENER, { exitCode: 3 })
      supervisor().end(LISTENER)
      return launched
    }
  }
  const running = await run({ command: 'app', deny: ['chroot'] }, { native: { ...native, Supervisor: Quick }, clock })
  await clock.pass(100)
  t.like(await running.finished, { exitCode: 3, message: 'Used forbidden syscalls: chroot (1x)' })
})

async function refused(t: ExecutionContext, options: Partial<RunOptions>, code: string): Promise<void> {
  const clock = createClock()
  const { native, supervisor } = createFakeNative(clock.nowMs)
  await t.throwsAsync(run({ command: 'app', ...options }, { native, clock }), { code })
  t.throws(supervisor, { message: /no supervisor/ })
  t.is(clock.held(), 0)
}

test('an empty list of calls runs nothing', t => refused(t, { deny: [] }, 'ERR_NOTHING_DENIED'))
test('neither list nor profile runs nothing', t => refused(t, {}, 'ERR_PROFILE'))
test('both list and profile run nothing', t => refused(t, { deny: ['chroot'], profile: '{}' }, 'ERR_PROFILE'))
test('an unknown errno runs nothing', t => refused(t, { deny: ['chroot'], errno: 'EWHAT' }, 'ERR_PROFILE'))

test('a launch that fails lets go of everything', async t => {
  const clock = createClock()
  const { native, supervisor } = createFakeNative(clock.nowMs)
  class Broken extends native.Supervisor {
    override launch() {
      return Promise.reject(
        Object.assign(new Error('another seccomp listener is active'), { code: 'ERR_LISTENER_BUSY' }),
      )
    }
  }
  const launching = run({ command: 'app', deny: ['chroot'] }, { native: { ...native, Supervisor: Broken }, clock })
  const error = await t.throwsAsync(launching, { instanceOf: NotifydError, code: 'ERR_LISTENER_BUSY' })
  t.is(errorText(error), 'could not run "app": another seccomp listener is active')
  t.true(supervisor().closed)
  t.is(clock.held(), 0)
})
