/** One timer per container with an open incident; at its end the incident is logged or the container stopped. */

import type { CallRow, Growth } from './calls.ts'
import { toTime, type Clock } from './clock.ts'
import type { Incident } from './container-view.ts'
import { addIncident, type Container } from './containers.ts'
import { deadlineMs, expired, type Span } from './debounce.ts'
import { errorText } from './errors.ts'
import type { FirstSeen } from './first-seen.ts'
import type { StopReport } from './native.ts'
import { markFailed, markLatched, markStopped, refusedStop, type StopOutcome } from './stop-outcome.ts'
import { createStopTimes } from './stop-times.ts'
import { decide, forbiddenMessage, type Storm } from './termination.ts'
import { createUntold, type Untold } from './untold.ts'

export interface IncidentsDeps {
  clock: Clock
  storm: Storm
  /** Reads the container's counters again; called before anything is decided. */
  reread(container: Container): void
  stop(container: Container): Promise<StopReport>
  /** The incident's calls are final; told before a stop, so that no reader sees the stop without the count. */
  closing(container: Container, calls: CallRow[]): void
  recorded(container: Container, incident: Incident): void
  /** A stop has run its course. */
  settled(container: Container): void
}

export interface Incidents {
  grown(container: Container, growth: Growth[], firstSeen?: FirstSeen): void
  /** The container is gone: what is open is recorded, nothing is stopped. */
  ended(container: Container): void
  /** A stop of the container is under way. */
  isStopping(container: Container): boolean
  /** From now on nothing is decided; resolves when stops under way have run their course. */
  quiesce(): Promise<void>
}

interface Watch {
  untold: Untold
  cancel?: (() => void) | undefined
  triedToStop: boolean
}

export function createIncidents(deps: IncidentsDeps): Incidents {
  const { clock, storm } = deps
  const time = toTime(clock)
  const watches = new Map<Container, Watch>()
  const stopTimes = createStopTimes(storm)
  const stopping = new Map<Container, Promise<void>>()
  let quiet = false

  function watchOf(container: Container): Watch {
    const watch = watches.get(container) ?? { untold: createUntold(container), triedToStop: false }
    watches.set(container, watch)
    return watch
  }

  function grown(container: Container, growth: Growth[], firstSeen?: FirstSeen): void {
    if (stopping.has(container)) return
    const watch = watchOf(container)
    if (watch.untold.add(growth, firstSeen)) arm(container, watch)
  }

  function arm(container: Container, watch: Watch): void {
    watch.cancel?.()
    const span = watch.untold.span()
    if (quiet || span === undefined) return
    const delayMs = Math.ceil(deadlineMs(span, container.policy) - clock.nowMs())
    watch.cancel = clock.setTimer(() => expire(container), Math.max(delayMs, 0))
  }

  function expire(container: Container): void {
    deps.reread(container)
    const watch = watches.get(container)
    const span = watch?.untold.span()
    if (watch === undefined || span === undefined) return
    const calls = watch.untold.calls()
    if (calls.length === 0) return watch.untold.drop()
    const decision = decide({
      calls,
      action: container.policy.action,
      expired: expired(span, container.policy, clock.nowMs()),
      stoppable: container.verified && container.listeners.size > 0 && !watch.triedToStop,
      stopsAtMs: stopTimes.of(container.workload),
      storm,
      nowMs: clock.nowMs(),
    })
    if (decision.kind === 'wait') return arm(container, watch)
    if (decision.kind === 'stop') return startStop(container, watch, span)
    if (decision.kind === 'latched') markLatched(container, storm)
    record(container, span, close(container, watch), decision.kind === 'log' ? 'logged' : 'latched')
  }

  function close(container: Container, watch: Watch): CallRow[] {
    watch.cancel?.()
    const calls = watch.untold.tell(clock.nowMs())
    deps.closing(container, calls)
    return calls
  }

  function record(container: Container, span: Span, calls: CallRow[], outcome: Incident['outcome']): void {
    const [startedAt, endedAt] = [time(span.firstAtMs), time(clock.nowMs())]
    const incident: Incident = { startedAt, endedAt, message: forbiddenMessage(calls), outcome }
    addIncident(container, incident)
    deps.recorded(container, incident)
  }

  function startStop(container: Container, watch: Watch, span: Span): void {
    watch.triedToStop = true
    container.state = 'stopping'
    const calls = close(container, watch)
    container.message = forbiddenMessage(calls)
    // Deferred, so that whatever the stop leads to finds it under way.
    const run: Promise<StopOutcome> = Promise.resolve(container)
      .then(deps.stop)
      .catch((error: unknown) => refusedStop(errorText(error)))
    stopping.set(
      container,
      run.then(outcome => finishStop(container, span, calls, outcome)),
    )
  }

  function finishStop(container: Container, span: Span, calls: CallRow[], outcome: StopOutcome): void {
    stopping.delete(container)
    const nowMs = clock.nowMs()
    if (outcome.done) stopTimes.add(container.workload, nowMs)
    if (outcome.done) markStopped(container, nowMs)
    else markFailed(container, outcome)
    record(container, span, calls, outcome.done ? 'stopped' : 'stop failed')
    deps.settled(container)
  }

  function ended(container: Container): void {
    const watch = watches.get(container)
    watches.delete(container)
    const span = watch?.untold.span()
    if (watch === undefined || span === undefined) return
    record(container, span, close(container, watch), 'logged')
  }

  async function quiesce(): Promise<void> {
    quiet = true
    for (const watch of watches.values()) watch.cancel?.()
    await Promise.all(stopping.values())
  }

  return { grown, ended, quiesce, isStopping: container => stopping.has(container) }
}
