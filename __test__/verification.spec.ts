import test from 'ava'
import type { CallCount } from '../ts/container-view.ts'
import type { RunReport } from '../ts/run-report.ts'
import { verificationOf } from '../ts/verification.ts'

const call = (syscall: string, more: Partial<CallCount> = {}): CallCount => ({
  syscall,
  abi: 'x86_64',
  number: 1,
  verdict: 'EPERM',
  phase: 'run',
  count: 1,
  firstAt: '2026-01-01T00:00:00.000Z',
  lastAt: '2026-01-01T00:00:00.000Z',
  ...more,
})
const report = (calls: CallCount[], exitCode = 0): RunReport => ({
  exitCode,
  signal: null,
  reason: null,
  message: null,
  calls,
  incidents: [],
  incidentsTotal: 0,
  warnings: [],
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.500Z',
})
const standings = (calls: CallCount[], judgement = {}) =>
  verificationOf(report(calls), judgement).denied.map(({ syscall, standing }) => [syscall, standing])

test('calls are in order of name and ABI, whatever their verdict', t => {
  const calls = [
    call('b', { verdict: 'kill_process' }),
    call('a', { abi: 'x86_64' }),
    call('a', { abi: 'i386', verdict: 'trap' }),
    call('B', { verdict: 'ENOSYS' }),
  ]
  const { denied, passed } = verificationOf(report(calls), {})
  t.false(passed)
  t.deepEqual(
    denied.map(({ syscall, abi }) => `${syscall} ${abi}`),
    ['B x86_64', 'a i386', 'a x86_64', 'b x86_64'],
  )
})

test('what is allowed, and what was called before the command, is none', t => {
  const { denied, passed } = verificationOf(
    report([call('a', { verdict: 'allow' }), call('b', { verdict: 'log' }), call('execve', { phase: 'init' })]),
    {},
  )
  t.deepEqual([denied, passed], [[], true])
})

test('a command that failed has not passed', t => {
  t.false(verificationOf(report([], 1), {}).passed)
  t.true(verificationOf(report([], 0), {}).passed)
})

test('the baseline accepts a call on its ABI alone, and what it accepts in vain is told', t => {
  const baseline = [
    { syscall: 'a', abi: 'x86_64' },
    { syscall: 'gone', abi: 'x86_64' },
  ]
  const { denied, passed, unused } = verificationOf(report([call('a'), call('a', { abi: 'i386' })]), { baseline })
  t.deepEqual(
    denied.map(({ abi, standing }) => [abi, standing]),
    [
      ['i386', 'new'],
      ['x86_64', 'accepted'],
    ],
  )
  t.false(passed)
  t.deepEqual(unused, [{ syscall: 'gone', abi: 'x86_64' }])
})

test("a C library's question fails nothing unless it is to count", t => {
  const clone3 = call('clone3', { verdict: 'ENOSYS' })
  t.deepEqual(standings([clone3]), [['clone3', 'probe']])
  t.deepEqual(standings([clone3], { probes: 'count' }), [['clone3', 'new']])
  t.deepEqual(standings([call('clone3')]), [['clone3', 'new']])
  t.deepEqual(standings([call('mkdir', { verdict: 'ENOSYS' })]), [['mkdir', 'new']])
})
