import test from 'ava'
import fc from 'fast-check'
import { createCallTable, MAX_ROWS, type CallTable } from '../ts/calls.ts'
import type { Count } from '../ts/native.ts'
import { createFakeNative, ENOSYS, EPERM, I386, NUMBERS, X86_64 } from './helpers/fake-native.ts'

const { native } = createFakeNative(() => 0)
const names = { ...native, errnoName: (errno: number) => (errno === 38 ? 'ENOSYS' : 'EPERM') }
const count = (number: number, times: number, more: Partial<Count> = {}): Count => ({
  arch: X86_64,
  number,
  verdict: EPERM,
  init: false,
  count: times,
  firstAtMs: 1,
  lastAtMs: times,
  ...more,
})
const total = (table: CallTable) => table.rows().reduce((sum, row) => sum + row.count, 0)

test('counters that are read again add only what is new', t => {
  const table = createCallTable(names)
  t.deepEqual(
    table.update(1, [count(NUMBERS.chroot, 3)]).map(row => [row.syscall, row.count, row.isNew]),
    [['chroot', 3, true]],
  )
  t.deepEqual(table.update(1, [count(NUMBERS.chroot, 3)]), [])
  t.deepEqual(
    table.update(1, [count(NUMBERS.chroot, 5)]).map(row => [row.count, row.lastAtMs, row.isNew]),
    [[2, 5, false]],
  )
  t.is(total(table), 5)
})

test('the listeners of a container are summed, closed ones included', t => {
  const table = createCallTable(names)
  table.update(1, [count(NUMBERS.chroot, 3)])
  table.fold(1)
  table.update(2, [count(NUMBERS.chroot, 2)])
  t.deepEqual(
    table.rows().map(row => [row.syscall, row.abi, row.verdict, row.phase, row.count]),
    [['chroot', 'x86_64', 'EPERM', 'run', 5]],
  )
})

test('ABI, verdict and phase are counted apart', t => {
  const table = createCallTable(names)
  table.update(1, [
    count(NUMBERS.mkdir, 1),
    count(NUMBERS.mkdir, 2, { arch: I386 }),
    count(NUMBERS.mkdir, 3, { verdict: ENOSYS }),
    count(NUMBERS.mkdir, 4, { init: true }),
  ])
  t.deepEqual(
    table.rows().map(row => [row.abi, row.verdict, row.phase, row.count]),
    [
      ['x86_64', 'EPERM', 'run', 1],
      ['i386', 'EPERM', 'run', 2],
      ['x86_64', 'ENOSYS', 'run', 3],
      ['x86_64', 'EPERM', 'init', 4],
    ],
  )
})

test('beyond the bound calls are counted together, by verdict and phase', t => {
  const table = createCallTable(names)
  const made = Array.from({ length: MAX_ROWS }, (_, index) => count(1000 + index, 1, { verdict: ENOSYS }))
  table.update(1, [...made, count(NUMBERS.chroot, 7), count(NUMBERS.mkdir, 2), count(9, 4, { init: true })])
  t.is(table.rows().length, MAX_ROWS + 2)
  t.is(total(table), MAX_ROWS + 13)
  t.deepEqual(
    table
      .rows()
      .slice(MAX_ROWS)
      .map(row => [row.syscall, row.verdict, row.phase, row.count]),
    [
      ['other', 'EPERM', 'run', 9],
      ['other', 'EPERM', 'init', 4],
    ],
  )
})

test('a moved listener takes its calls along, and nothing is counted twice', t => {
  const [from, to] = [createCallTable(names), createCallTable(names)]
  from.update(1, [count(NUMBERS.chroot, 3)])
  from.update(2, [count(NUMBERS.chroot, 4), count(NUMBERS.mkdir, 1)])
  from.move(2, to)
  t.deepEqual([total(from), total(to)], [3, 5])
  t.deepEqual(to.update(2, [count(NUMBERS.chroot, 4), count(NUMBERS.mkdir, 1)]), [])
})

test('however the reads are split, the totals are those of the last read', t => {
  const numbers = fc.constantFrom(NUMBERS.chroot, NUMBERS.mkdir, NUMBERS.swapoff)
  const steps = fc.array(
    fc.record({ listener: fc.integer({ min: 1, max: 3 }), number: numbers, times: fc.nat(50), read: fc.boolean() }),
  )
  fc.assert(
    fc.property(steps, made => {
      const table = createCallTable(names)
      const truth = new Map<number, Map<number, Count>>()
      let grown = 0
      const read = (listener: number) =>
        table.update(listener, [...(truth.get(listener)?.values() ?? [])]).forEach(row => void (grown += row.count))
      for (const step of made) {
        const counts = truth.get(step.listener) ?? new Map<number, Count>()
        truth.set(step.listener, counts)
        counts.set(step.number, count(step.number, (counts.get(step.number)?.count ?? 0) + step.times))
        if (step.read) read(step.listener)
      }
      for (const listener of truth.keys()) read(listener)
      const expected = made.reduce((sum, { times }) => sum + times, 0)
      t.is(total(table), expected)
      t.is(grown, expected)
    }),
  )
})
