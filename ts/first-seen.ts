/** PURE: which calls a batch of events tells of, and when each of them came first. */

import { callKey } from './calls.ts'
import { EVENT_BYTES, isSameCall, readEventKey, readEventTimeMs, readListener } from './events.ts'

/** When each call of a listener was first seen in this tick. */
export type FirstSeen = Map<string, number>

/** Listeners whose last call is remembered while a batch is looked through. */
const RECENT = 256

/** Adds what the first `end` bytes of the view tell. */
export type NoteFirst = (end: number, listeners: Map<number, FirstSeen>) => void

export function createFirstSeen(view: DataView): NoteFirst {
  const recent = new Int32Array(RECENT)
  return (end, listeners) => {
    recent.fill(-1)
    for (let offset = 0; offset < end; offset += EVENT_BYTES) {
      const place = readListener(view, offset) % RECENT
      // A flood repeats one call, whatever other containers do in between: all but the first cost this comparison only.
      const last = recent[place] ?? -1
      if (last < 0 || !isSameCall(view, offset, last)) note(view, offset, listeners)
      recent[place] = offset
    }
  }
}

function note(view: DataView, offset: number, listeners: Map<number, FirstSeen>): void {
  const { listener, arch, number, verdict, init } = readEventKey(view, offset)
  const seen: FirstSeen = listeners.get(listener) ?? new Map<string, number>()
  listeners.set(listener, seen)
  const key = callKey(arch, number, verdict, init)
  if (!seen.has(key)) seen.set(key, readEventTimeMs(view, offset))
}
