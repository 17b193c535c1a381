/** One container's calls that no incident has told of yet, and the timer that ends their incident. */

import type { CallRow } from './calls.ts'
import type { Clock } from './clock.ts'
import type { Container } from './containers.ts'
import { deadlineMs } from './debounce.ts'
import { createUntold, type SavedUntold, type Untold } from './untold.ts'

export interface Watch {
  untold: Untold
  /** Once is all that is tried. */
  triedToStop: boolean
  /** Sets the timer anew, as the calls and the policy are now. */
  arm(): void
  cancel(): void
  /** There was nothing to tell after all. */
  drop(): void
  /** The incident is over, and its calls are told. */
  tell(): CallRow[]
  /** For the next daemon. */
  saved(): SavedWatch
}

export interface SavedWatch extends SavedUntold {
  triedToStop: boolean
}

export function createWatch(container: Container, clock: Clock, expire: () => void, before?: SavedWatch): Watch {
  const untold = createUntold(container, before)
  let cancelTimer: (() => void) | undefined

  function arm(): void {
    cancel()
    const span = untold.span()
    if (span === undefined) return
    const dueMs = deadlineMs(span, container.policy)
    container.openIncident = { sinceMs: span.firstAtMs, dueMs }
    cancelTimer = clock.setTimer(expire, Math.max(Math.ceil(dueMs - clock.nowMs()), 0))
  }

  function cancel(): void {
    cancelTimer?.()
  }

  function drop(): void {
    cancel()
    container.openIncident = null
    untold.drop()
  }

  function tell(): CallRow[] {
    cancel()
    container.openIncident = null
    return untold.tell(clock.nowMs())
  }

  const watch: Watch = { untold, triedToStop: before?.triedToStop ?? false, arm, cancel, drop, tell, saved }

  function saved(): SavedWatch {
    return { ...untold.saved(), triedToStop: watch.triedToStop }
  }

  return watch
}
