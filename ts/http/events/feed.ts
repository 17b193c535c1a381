/**
 * Answered calls for any number of readers. Calls are decoded while somebody reads and for a while after, so that a
 * reader whose connection broke misses nothing; the newest are kept for it.
 */

import { randomBytes } from 'node:crypto'
import type { NotifydEvent } from '../../named-event.ts'
import type { DaemonSource } from '../source.ts'
import { createBounded } from './bounded.ts'
import { createChunks } from './chunks.ts'
import { createClient, type Client, type Entry } from './client.ts'
import type { Filter } from './filter.ts'
import { callFrame, sequenceOf } from './frames.ts'

export interface FeedLimits {
  clients: number
  /** Calls kept for those that come back. */
  tail: number
  /** Calls that wait for one client. */
  queue: number
  batch: number
  heartbeatMs: number
  /** How long calls are still decoded after the last client has left. */
  lingerMs: number
  /** A client that has not read for so long is let go. */
  stallMs: number
}

export const feedLimits: FeedLimits = {
  clients: 200,
  tail: 4096,
  queue: 4096,
  batch: 256,
  heartbeatMs: 15_000,
  lingerMs: 30_000,
  stallMs: 60_000,
}

export interface Feed {
  readonly limits: FeedLimits
  /** Undefined: there are as many clients as there may be. */
  join(filter: Filter, lastEventId?: string): Client | undefined
  leave(client: Client): void
  size(): number
  /** Ends every stream. */
  close(): void
}

export type FeedSource = Pick<DaemonSource, 'onEvent' | 'timeOf'>

export function createFeed(source: FeedSource, given: Partial<FeedLimits> = {}): Feed {
  const limits = { ...feedLimits, ...given }
  const epoch = randomBytes(5).toString('hex')
  const tail = createBounded<Entry>(limits.tail)
  const clients = new Set<Client>()
  const chunks = createChunks()
  let last: number | undefined
  let stop: (() => void) | undefined
  let linger: NodeJS.Timeout | undefined

  function take(event: NotifydEvent): void {
    const entry = entryOf(event)
    last = entry.sequence
    tail.push(entry)
    for (const client of clients) client.offer(entry)
  }

  function entryOf(event: NotifydEvent): Entry {
    let made: Uint8Array | undefined
    const bytes = () => (made ??= Buffer.from(callFrame(event, epoch, source.timeOf)))
    return { event, sequence: Number(event.sequence), bytes }
  }

  function join(filter: Filter, lastEventId?: string): Client | undefined {
    if (clients.size >= limits.clients) return undefined
    clearTimeout(linger)
    stop ??= source.onEvent(take)
    const client = createClient(filter, limits, chunks)
    if (lastEventId !== undefined) resume(client, lastEventId)
    else if (last !== undefined) client.startAfter(last)
    clients.add(client)
    return client
  }

  function resume(client: Client, lastEventId: string): void {
    const sequence = sequenceOf(lastEventId, epoch)
    if (sequence === undefined) return client.lost('restart', null)
    client.startAfter(sequence)
    for (const entry of tail.items()) if (entry.sequence > sequence) client.offer(entry)
  }

  function leave(client: Client): void {
    clients.delete(client)
    client.end()
    if (clients.size > 0 || stop === undefined) return
    clearTimeout(linger)
    linger = setTimeout(rest, limits.lingerMs).unref()
  }

  function rest(): void {
    clearTimeout(linger)
    stop?.()
    stop = undefined
    // Calls from now on are nobody's loss, except of a reader that comes back with its last id.
    last = undefined
  }

  function close(): void {
    for (const client of clients) client.end()
    clients.clear()
    rest()
  }

  return { limits, join, leave, size: () => clients.size, close }
}
