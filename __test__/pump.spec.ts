import test from 'ava'
import { callKey } from '../ts/calls.ts'
import { EVENT_BYTES } from '../ts/events.ts'
import type { FirstSeen } from '../ts/first-seen.ts'
import { createPump } from '../ts/pump.ts'
import { createClock } from './helpers/clock.ts'

interface Call {
  listener: number
  number: number
  atMs: number
}

/** A pump whose ring holds these calls, and what it finds in them. */
function look(calls: Call[]): Record<number, Record<string, number>> {
  let waiting = calls
  const found: Record<number, Record<string, number>> = {}
  const source = {
    notices: () => [],
    details: () => [],
    arm: () => true,
    stats: () => ({ eventsDropped: 0 }) as never,
    drain(into: Uint8Array) {
      const view = new DataView(into.buffer)
      for (const [index, call] of waiting.entries()) put(view, index * EVENT_BYTES, call)
      const count = waiting.length
      waiting = []
      return count
    },
  }
  const moved = (listeners: Map<number, FirstSeen>) => {
    for (const [listener, seen] of listeners) found[listener] = Object.fromEntries(seen)
  }
  const sink = { knows: () => true, notice: () => {}, event: () => undefined, detail: () => {}, lost: () => {}, moved }
  createPump(() => source, sink, createClock()).catchUp()
  return found
}

function put(view: DataView, offset: number, { listener, number, atMs }: Call): void {
  view.setUint32(offset, listener, true)
  view.setInt32(offset + 8, number, true)
  view.setFloat64(offset + 24, atMs, true)
}

const key = (number: number) => callKey(0, number, 0, false)

test('of each listener and call the first time is told, however they interleave', t => {
  const found = look([
    { listener: 1, number: 83, atMs: 10 },
    { listener: 2, number: 83, atMs: 11 },
    { listener: 1, number: 83, atMs: 12 },
    { listener: 2, number: 161, atMs: 13 },
    { listener: 1, number: 161, atMs: 14 },
    { listener: 1, number: 83, atMs: 15 },
    { listener: 2, number: 83, atMs: 16 },
  ])
  t.deepEqual(found, {
    1: { [key(83)]: 10, [key(161)]: 14 },
    2: { [key(83)]: 11, [key(161)]: 13 },
  })
})

test('thousands of listeners in one batch are all told', t => {
  const calls = Array.from({ length: 3000 }, (_, index) => ({ listener: index % 1500, number: 83, atMs: index }))
  const found = look(calls)
  t.is(Object.keys(found).length, 1500)
  t.true(Object.entries(found).every(([listener, seen]) => seen[key(83)] === Number(listener)))
})
