/** What was read of calls whose events have not come yet: it is there before they are. */

import { hasDetail, readSequence } from './events.ts'
import { readDetail, type CallDetail } from './detail.ts'
import type { Detail } from './native.ts'

export interface Arrivals {
  add(details: readonly Detail[]): void
  /** What belongs to the event at this place, once. */
  take(view: DataView, offset: number): CallDetail | undefined
}

/** Events that the ring had no room for never come. */
const MOST = 1024

/** `tell` is told of each as it comes. */
export function createArrivals(tell: (detail: Detail) => void): Arrivals {
  const waiting = new Map<number, Detail>()

  function add(details: readonly Detail[]): void {
    for (const detail of details) {
      tell(detail)
      waiting.set(detail.sequence, detail)
      const [oldest] = waiting.keys()
      if (waiting.size > MOST && oldest !== undefined) waiting.delete(oldest)
    }
  }

  function take(view: DataView, offset: number): CallDetail | undefined {
    if (!hasDetail(view, offset)) return undefined
    const sequence = readSequence(view, offset)
    const found = waiting.get(sequence)
    waiting.delete(sequence)
    return found && readDetail(found)
  }

  return { add, take }
}
