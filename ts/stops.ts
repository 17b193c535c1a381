/** Stops under way: each container has at most one, and what comes of it is told once. */

import type { Container } from './containers.ts'
import { errorText } from './errors.ts'
import type { StopReport } from './native.ts'
import { markFailed, markStopped, markTold, refusedStop, type StopOutcome } from './stop-outcome.ts'

export interface StopsDeps {
  nowMs(): number
  stop(container: Container): Promise<StopReport>
  /** A stop has run its course. */
  settled(container: Container): void
}

export interface Stops {
  /** `finished` is told before anyone learns that the container has ended. */
  start(container: Container, reason: string, finished: (done: boolean) => void): Promise<void>
  /** The end of the stop that is under way. */
  end(container: Container): Promise<void> | undefined
  allSettled(): Promise<void>
}

export function createStops({ nowMs, stop, settled }: StopsDeps): Stops {
  const underWay = new Map<Container, Promise<void>>()

  function start(container: Container, reason: string, finished: (done: boolean) => void): Promise<void> {
    container.state = 'stopping'
    // Deferred, so that whatever the stop leads to finds it under way.
    const run: Promise<StopOutcome> = Promise.resolve(container)
      .then(stop)
      .catch((error: unknown) => refusedStop(errorText(error)))
    const over = run.then(outcome => finish(container, reason, outcome, finished))
    underWay.set(container, over)
    return over
  }

  function finish(container: Container, reason: string, outcome: StopOutcome, finished: (done: boolean) => void): void {
    underWay.delete(container)
    markTold(container, outcome)
    if (outcome.done) markStopped(container, reason, nowMs())
    else markFailed(container, outcome)
    finished(outcome.done)
    settled(container)
  }

  return {
    start,
    end: container => underWay.get(container),
    allSettled: async () => void (await Promise.all(underWay.values())),
  }
}
