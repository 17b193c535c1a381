import test from 'ava'
import fc from 'fast-check'
import {
  decide,
  forbidden,
  forbiddenMessage,
  isLatched,
  STOP_EXIT_CODE,
  STOP_REASON,
  type Call,
  type Rules,
  type Situation,
} from '../ts/termination.ts'

const call = (syscall: string, count = 1, more: Partial<Call> = {}): Call => ({
  syscall,
  count,
  verdict: 'EPERM',
  phase: 'run',
  ...more,
})
const rules: Rules = { action: 'stop', ignore: [], probes: 'ignore' }
const names = (calls: Call[]) => calls.map(({ syscall }) => syscall)

test('the message is sorted by name and has the counts', t => {
  const calls = [call('swapoff', 2), call('chroot', 2)]
  t.is(forbiddenMessage(calls), 'Used forbidden syscalls: chroot (2x), swapoff (2x)')
})

test('the ABIs and verdicts of one name are summed', t => {
  const calls = [call('mkdir'), call('mkdir', 1, { verdict: 'ENOENT' }), call('swapoff')]
  t.is(forbiddenMessage(calls), 'Used forbidden syscalls: mkdir (2x), swapoff (1x)')
})

test('a long message names a hundred calls and says how many more there are', t => {
  const calls = Array.from({ length: 250 }, (_, index) => call(`syscall_${1000 + index}`))
  const message = forbiddenMessage(calls)
  t.true(message.endsWith(', syscall_1099 (1x), and 150 more'))
  t.true(message.length < 3000)
})

test('calls of the runtime, ignored, allowed and probing ones do not qualify', t => {
  const calls = [
    call('chroot'),
    call('capset', 1, { phase: 'init' }),
    call('mkdir'),
    call('personality', 1, { verdict: 'allow' }),
    call('uname', 1, { verdict: 'log' }),
    call('openat2', 1, { verdict: 'ENOSYS' }),
    call('clone3', 1, { verdict: 'notify' }),
    call('swapoff', 0),
  ]
  t.deepEqual(names(forbidden(calls, { ...rules, ignore: ['mkdir'] })), ['chroot'])
})

test('probes qualify where the policy counts them', t => {
  const calls = [call('clone3', 5, { verdict: 'ENOSYS' })]
  t.deepEqual(forbidden(calls, rules), [])
  t.deepEqual(forbidden(calls, { ...rules, probes: 'count' }), calls)
})

const situation: Situation = {
  calls: [call('chroot', 2)],
  action: 'stop',
  expired: true,
  stoppable: true,
  stopsAtMs: [],
  storm: { stops: 3, withinMs: 60_000 },
  nowMs: 100_000,
}
const message = 'Used forbidden syscalls: chroot (2x)'

test('nothing is decided before the debounce is over', t => {
  t.deepEqual(decide({ ...situation, expired: false }), { kind: 'wait' })
})

test('nothing is decided without a qualifying call', t => {
  t.deepEqual(decide({ ...situation, calls: [] }), { kind: 'wait' })
})

test('stop stops, log logs, what cannot be stopped is logged', t => {
  t.deepEqual(decide(situation), { kind: 'stop', message })
  t.deepEqual(decide({ ...situation, action: 'log' }), { kind: 'log', message })
  t.deepEqual(decide({ ...situation, stoppable: false }), { kind: 'log', message })
})

test('a workload stopped too often is only logged, until the window has passed', t => {
  const stopsAtMs = [50_000, 60_000, 70_000]
  t.deepEqual(decide({ ...situation, stopsAtMs }), { kind: 'latched', message })
  t.is(decide({ ...situation, stopsAtMs: stopsAtMs.slice(1) }).kind, 'stop')
  t.is(decide({ ...situation, stopsAtMs, nowMs: 110_000 }).kind, 'stop')
  t.false(isLatched(stopsAtMs, { stops: 0, withinMs: 60_000 }, 70_000))
})

test('reason and exit code are what people look for', t => {
  t.is(STOP_REASON, 'seccomp killed')
  t.is(STOP_EXIT_CODE, 137)
})

test('splitting counts over rows never changes the message', t => {
  const rows = fc.array(fc.tuple(fc.constantFrom('chroot', 'mkdir', 'swapoff'), fc.integer({ min: 1, max: 1000 })), {
    minLength: 1,
  })
  fc.assert(
    fc.property(rows, split => {
      const whole = new Map<string, number>()
      for (const [name, count] of split) whole.set(name, (whole.get(name) ?? 0) + count)
      t.is(
        forbiddenMessage(split.map(([name, count]) => call(name, count))),
        forbiddenMessage([...whole].map(([name, count]) => call(name, count))),
      )
    }),
  )
})
