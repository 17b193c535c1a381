/** PURE: the text/event-stream format of the HTML standard. JSON has no line breaks of its own, so nothing can be smuggled in. */

import type { NotifydEvent } from '../../named-event.ts'
import { toCall } from './call.ts'

/**
 * Why calls are not in the stream. `slow`: this client did not read them in time. `gone`: the daemon does not have
 * them any more. `restart`: they were another run's of the daemon, or the id is not one of ours.
 */
export type LossReason = 'slow' | 'gone' | 'restart'

export interface Dropped {
  reason: LossReason
  /** `slow`: of those that the filters let through; `gone`: of all containers; `restart`: null, not known. */
  calls: number | null
}

export const HEARTBEAT = ': heartbeat\n\n'

/** How soon a browser comes back, in milliseconds. */
export const GREETING = 'retry: 2000\n: connected\n\n'

export function callFrame(event: NotifydEvent, epoch: string, toTime: (atMs: number) => string): string {
  const data = JSON.stringify(toCall(event, toTime))
  return `id: ${epoch}-${event.sequence}\nevent: call\ndata: ${data}\n\n`
}

export function droppedFrame(dropped: Dropped): string {
  return `event: dropped\ndata: ${JSON.stringify(dropped)}\n\n`
}

/** The sequence that an id of this epoch ends with; undefined for any other id. */
export function sequenceOf(lastEventId: string, epoch: string): number | undefined {
  const [, found, digits] = /^([a-z0-9]+)-(\d{1,15})$/.exec(lastEventId) ?? []
  return found === epoch ? Number(digits) : undefined
}
