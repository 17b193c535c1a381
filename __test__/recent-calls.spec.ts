/** How many calls of late: bounded, whatever a container does. */

import test from 'ava'
import fc from 'fast-check'
import type { Growth } from '../ts/calls.ts'
import { createRecentCalls } from '../ts/recent-calls.ts'

const toTime = (atMs: number) => `${atMs} ms`

function calls(lastAtMs: number, count: number, given: Partial<Growth> = {}): Growth {
  const row = { key: 'k', syscall: 'chroot', abi: 'x86_64', number: 161, verdict: 'EPERM', phase: 'run' as const }
  return { ...row, firstAtMs: 0, lastAtMs, count, isNew: false, ...given }
}

test('without a forbidden call there is nothing', t => {
  const recent = createRecentCalls()
  recent.add([calls(1, 5, { phase: 'init' }), calls(1, 5, { verdict: 'allow' })])
  t.is(recent.view(toTime), null)
})

test('calls are counted for their five seconds, from the first to the last', t => {
  const recent = createRecentCalls()
  recent.add([calls(10_000, 2), calls(14_999, 1, { syscall: 'mount' })])
  t.deepEqual(recent.view(toTime), { startedAt: '10000 ms', intervalMs: 5000, counts: [3] })
  recent.add([calls(25_000, 4)])
  recent.add([calls(12_000, 1)])
  t.deepEqual(recent.view(toTime), { startedAt: '10000 ms', intervalMs: 5000, counts: [4, 0, 0, 4] })
})

test('what is five minutes older than the last one is forgotten, also where that comes late', t => {
  const recent = createRecentCalls()
  recent.add([calls(0, 1), calls(5000, 2)])
  recent.add([calls(300_000, 3)])
  const counts = [2, ...Array.from({ length: 58 }, () => 0), 3]
  t.deepEqual(recent.view(toTime), { startedAt: '5000 ms', intervalMs: 5000, counts })
  recent.add([calls(4999, 7)])
  t.deepEqual(recent.view(toTime)?.counts, counts)
  recent.add([calls(10_000_000, 9)])
  t.deepEqual(recent.view(toTime), { startedAt: '10000000 ms', intervalMs: 5000, counts: [9] })
})

test('there are never more than sixty numbers, and none of the last five minutes is lost', t => {
  const call = fc.record({ atMs: fc.integer({ min: 0, max: 2_000_000 }), count: fc.integer({ min: 1, max: 9 }) })
  const property = fc.property(fc.array(call, { minLength: 1, maxLength: 200 }), made => {
    const recent = createRecentCalls()
    const inOrder = made.toSorted((a, b) => a.atMs - b.atMs)
    for (const { atMs, count } of inOrder) recent.add([calls(atMs, count)])
    const { counts } = recent.view(toTime)!
    const slot = (atMs: number) => Math.floor(atMs / 5000)
    const oldest = slot(inOrder.at(-1)!.atMs) - 59
    const expected = inOrder.filter(({ atMs }) => slot(atMs) >= oldest).reduce((sum, { count }) => sum + count, 0)
    return counts.length <= 60 && counts.reduce((sum, each) => sum + each, 0) === expected
  })
  t.notThrows(() => fc.assert(property))
})
