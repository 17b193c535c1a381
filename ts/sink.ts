/** What the pump tells, and in which order it can be told. */

import type { TakeRecord } from './events.ts'
import type { FirstSeen } from './first-seen.ts'
import type { Detail, Notice } from './native.ts'

export interface Sink {
  knows(listener: number): boolean
  notice(notice: Notice): void
  /** What was read of a call, before its record. */
  detail(detail: Detail): void
  /** Takes each record; undefined while nobody wants events, and then none is decoded. */
  event(): TakeRecord | undefined
  /** Counters of these listeners moved. */
  moved(listeners: Map<number, FirstSeen>): void
  /** Events were lost: any listener's counters may have moved. */
  lost(): void
}
