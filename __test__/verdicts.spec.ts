import test from 'ava'
import { isAllowed, isProbe, verdictLabel } from '../ts/verdicts.ts'

const errnoName = (errno: number) => ({ 1: 'EPERM', 38: 'ENOSYS' })[errno] ?? `errno ${errno}`

for (const [value, label] of [
  [0x80000000, 'kill_process'],
  [0x00000000, 'kill_thread'],
  [0x00030000, 'trap'],
  [0x00050001, 'EPERM'],
  [0x00050026, 'ENOSYS'],
  [0x00050000, 'errno_0'],
  [0x7fc00000, 'notify'],
  [0x7fc00007, 'notify'],
  [0x7ff00000, 'trace'],
  [0x7ffc0000, 'log'],
  [0x7fff0000, 'allow'],
  [0x12340000, 'kill_process'],
] as const) {
  test(`0x${value.toString(16)} is ${label}`, t => t.is(verdictLabel(value, errnoName), label))
}

test('a probe is what the profile answers with ENOSYS', t => {
  t.true(isProbe('ENOSYS', 'mkdir'))
  t.false(isProbe('EPERM', 'mkdir'))
  t.false(isProbe('EPERM', 'clone3'))
})

test('without a profile only calls that a libc probes are probes', t => {
  t.true(isProbe('notify', 'clone3'))
  t.false(isProbe('notify', 'mkdir'))
})

test('allow and log let a call run', t => {
  t.deepEqual(['allow', 'log', 'EPERM', 'notify', 'trap'].filter(isAllowed), ['allow', 'log'])
})
