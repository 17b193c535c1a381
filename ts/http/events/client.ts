/** One reader of `/v1/events`: a bounded queue in front of it, and an account of what did not fit. */

import type { NotifydEvent } from '../../named-event.ts'
import { createBounded } from './bounded.ts'
import type { Join, Piece } from './chunks.ts'
import type { Filter } from './filter.ts'
import { droppedFrame, HEARTBEAT, type LossReason } from './frames.ts'

/** A call that any number of clients are sent. */
export interface Entry extends Piece {
  event: NotifydEvent
}

export interface Client {
  offer(entry: Entry): void
  /** Takes what was answered up to there for known, so that whatever is missing after it is told. */
  startAfter(sequence: number): void
  lost(reason: LossReason, calls: number | null): void
  /** What comes next, as soon as there is something; a heartbeat where there is nothing for long; undefined: the end. */
  next(): Promise<Uint8Array | undefined>
  end(): void
}

export interface ClientLimits {
  queue: number
  /** Most calls in one piece of text. */
  batch: number
  heartbeatMs: number
}

export function createClient(filter: Filter, limits: ClientLimits, join: Join): Client {
  const queue = createBounded<Entry>(limits.queue)
  const losses = new Map<LossReason, number | null>()
  let seen: number | undefined
  let ended = false
  let wake: (() => void) | undefined

  function offer(entry: Entry): void {
    if (seen !== undefined && entry.sequence > seen + 1) lost('gone', entry.sequence - seen - 1)
    seen = entry.sequence
    if (!filter(entry.event)) return
    if (queue.push(entry)) lost('slow', 1)
    wake?.()
  }

  function lost(reason: LossReason, calls: number | null): void {
    losses.set(reason, calls === null ? null : (losses.get(reason) ?? 0) + calls)
    wake?.()
  }

  async function next(): Promise<Uint8Array | undefined> {
    if (!isWaiting()) return take()
    await somethingHappens()
    if (!isWaiting()) return take()
    return Buffer.from(HEARTBEAT)
  }

  function isWaiting(): boolean {
    return queue.size() === 0 && losses.size === 0 && !ended
  }

  function take(): Uint8Array | undefined {
    if (ended) return undefined
    // What is missing was older than whatever is queued now.
    const told = [...losses].map(([reason, calls]) => droppedFrame({ reason, calls })).join('')
    losses.clear()
    return told === '' ? join(filter.key, queue.take(limits.batch)) : Buffer.from(told)
  }

  function somethingHappens(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(happened, limits.heartbeatMs).unref()
      wake = happened
      function happened(): void {
        clearTimeout(timer)
        wake = undefined
        resolve()
      }
    })
  }

  function end(): void {
    ended = true
    wake?.()
  }

  return { offer, lost, next, end, startAfter: sequence => void (seen = sequence) }
}
