/**
 * Takes from the addon what happened, in batches: one wake-up per batch, none under load. Decides nothing.
 *
 * Order within a tick: listeners that appeared, then all events, then counters, then listeners that went away. So an
 * event never belongs to an unknown listener, and a listener's last calls are counted before it is forgotten.
 */

import type { Clock } from './clock.ts'
import { createArrivals } from './arrivals.ts'
import { EVENT_BYTES } from './events.ts'
import { createFirstSeen, type FirstSeen } from './first-seen.ts'
import { narrowNotice, type Notice, type Supervisor } from './native.ts'
import type { Sink } from './sink.ts'

export interface Pump {
  /** Takes everything there is, now; tells whether there was anything. */
  catchUp(): boolean
  /** Takes what was read of calls, whether their events have come or not. */
  readDetails(): void
  wake(): void
  close(): void
}

type Source = Pick<Supervisor, 'notices' | 'details' | 'drain' | 'arm' | 'stats'>

const POLL_MS = 20
const BATCH_EVENTS = 4096
/** Bounds how long one tick keeps the event loop: about 260,000 events, some tens of milliseconds. */
const MOST_BATCHES = 64
const LAST_WORDS = ['detached', 'exited', 'ended']

export function createPump(source: () => Source, sink: Sink, clock: Clock): Pump {
  const buffer = new Uint8Array(BATCH_EVENTS * EVENT_BYTES)
  const view = new DataView(buffer.buffer)
  const noteFirst = createFirstSeen(view)
  const arrivals = createArrivals(sink.detail)
  let late: Notice[] = []
  let eventsDropped = 0
  let closed = false
  let isTaking = false
  let cancel: (() => void) | undefined

  function tick(): void {
    if (closed) return
    if (isTaking) return again(0)
    let found = true
    try {
      found = catchUp()
    } finally {
      // Whatever went wrong, supervision goes on.
      continueAfter(found)
    }
  }

  function continueAfter(found: boolean): void {
    cancel?.()
    if (closed) return
    if (found) again(POLL_MS)
    else if (!source().arm()) again(0)
  }

  function again(inMs: number): void {
    cancel?.()
    cancel = clock.setTimer(tick, inMs)
  }

  function catchUp(): boolean {
    // A subscriber may ask for the state of things while it is being told of them.
    if (closed || isTaking) return false
    isTaking = true
    try {
      return takeAll()
    } finally {
      isTaking = false
    }
  }

  function takeAll(): boolean {
    const noticed = takeNotices()
    const { batches, listeners } = drain()
    if (lostSome()) sink.lost()
    if (listeners.size > 0) sink.moved(listeners)
    const hadLate = late.length > 0
    if (batches < MOST_BATCHES) sayLate()
    return noticed || batches > 0 || hadLate
  }

  function takeNotices(): boolean {
    const taken = source().notices()
    for (const raw of taken) {
      const notice = narrowNotice(raw)
      if (notice === undefined) continue
      if (LAST_WORDS.includes(notice.kind)) late.push(notice)
      else sink.notice(notice)
    }
    return taken.length > 0
  }

  function sayLate(): void {
    const notices = late
    late = []
    for (const notice of notices) sink.notice(notice)
  }

  function drain(): { batches: number; listeners: Map<number, FirstSeen> } {
    const listeners = new Map<number, FirstSeen>()
    let batches = 0
    while (batches < MOST_BATCHES) {
      const events = source().drain(buffer)
      if (events === 0) break
      batches += 1
      scan(events * EVENT_BYTES, listeners)
      readDetails()
      emit(events * EVENT_BYTES)
    }
    return { batches, listeners }
  }

  function scan(end: number, listeners: Map<number, FirstSeen>): void {
    noteFirst(end, listeners)
    // It appeared after this tick's notices were taken.
    if ([...listeners.keys()].some(listener => !sink.knows(listener))) takeNotices()
  }

  function readDetails(): void {
    arrivals.add(source().details())
  }

  function emit(end: number): void {
    const event = sink.event()
    if (event === undefined) return
    for (let offset = 0; offset < end; offset += EVENT_BYTES) {
      event(view, offset, arrivals.take(view, offset))
    }
  }

  function lostSome(): boolean {
    const before = eventsDropped
    eventsDropped = source().stats().eventsDropped
    return eventsDropped !== before
  }

  function close(): void {
    closed = true
    cancel?.()
  }

  return { catchUp, readDetails, wake: tick, close }
}
