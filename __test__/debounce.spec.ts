import test from 'ava'
import fc from 'fast-check'
import { deadlineMs, expired, observe, type Span } from '../ts/debounce.ts'

const bounds = { debounceMs: 5000, maxDelayMs: 30_000 }

test('an incident ends one debounce after its last call', t => {
  const span = observe(observe(undefined, 1000), 4000)
  t.is(deadlineMs(span, bounds), 9000)
  t.false(expired(span, bounds, 8999.9))
  t.true(expired(span, bounds, 9000))
})

test('one call every second is cut off at the bound', t => {
  let span = observe(undefined, 0)
  for (let at = 1000; at <= 60_000; at += 1000) span = observe(span, at)
  t.is(deadlineMs(span, bounds), 30_000)
})

test('the first observation may cover a stretch', t => {
  t.deepEqual(observe(undefined, 10, 50), { firstAtMs: 10, lastAtMs: 50 })
})

test('an older time takes nothing back', t => {
  t.deepEqual(observe({ firstAtMs: 10, lastAtMs: 50 }, 5, 20), { firstAtMs: 10, lastAtMs: 50 })
})

const times = fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1 })
const anyBounds = fc.record({ debounceMs: fc.nat(100_000), maxDelayMs: fc.nat(1_000_000) })

test('the deadline is never before last + debounce unless the bound cuts it, and never after the bound', t => {
  fc.assert(
    fc.property(times, anyBounds, (seen, given) => {
      const sorted = seen.toSorted((a, b) => a - b)
      const span = sorted.reduce<Span | undefined>((all, at) => observe(all, at), undefined)
      const deadline = deadlineMs(span!, given)
      const wanted = sorted.at(-1)! + given.debounceMs
      const bound = sorted[0]! + given.maxDelayMs
      t.true(deadline <= bound)
      t.true(deadline === wanted || (deadline === bound && wanted > bound))
      t.is(expired(span!, given, deadline), true)
      t.is(expired(span!, given, deadline - 1), false)
    }),
  )
})
