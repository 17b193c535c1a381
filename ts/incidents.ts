/** One timer per container with an open incident; at its end the incident is logged or the container stopped. */

import type { CallRow, Growth } from './calls.ts'
import type { Clock } from './clock.ts'
import type { Incident } from './container-view.ts'
import type { Container } from './containers.ts'
import { expired, type Span } from './debounce.ts'
import type { FirstSeen } from './first-seen.ts'
import { createRecorder } from './incident-record.ts'
import type { StopReport } from './native.ts'
import { markLatched } from './stop-outcome.ts'
import { createStopTimes } from './stop-times.ts'
import { createStops } from './stops.ts'
import { decide, forbiddenMessage, REQUESTED_REASON, STOP_REASON, type Storm } from './termination.ts'
import { createWatch, type SavedWatch, type Watch } from './watch.ts'

export interface IncidentsDeps {
  clock: Clock
  storm: Storm
  /** Reads the container's counters again; called before anything is decided. */
  reread(container: Container): void
  stop(container: Container): Promise<StopReport>
  /** The incident's calls are final; told before a stop, so that no reader sees the stop without the count. */
  closing(container: Container, calls: CallRow[]): void
  recorded(container: Container, incident: Incident): void
  /** What came of a stop that no incident tells of. */
  stopDone(container: Container, done: boolean): void
  /** A stop has run its course. */
  settled(container: Container): void
}

export interface Incidents {
  grown(container: Container, growth: Growth[], firstSeen?: FirstSeen): void
  /** Stops the container for an operator; where a stop is under way, waits for that. */
  request(container: Container): Promise<void>
  policyChanged(container: Container): void
  /** Goes on with what a former daemon left; its debounce goes on too. */
  resume(container: Container, before: SavedWatch): void
  /** For the next daemon. */
  saved(container: Container): SavedWatch | null
  /** The container is gone: what is open is recorded, nothing is stopped. */
  ended(container: Container): void
  /** A stop of the container is under way. */
  isStopping(container: Container): boolean
  /** From now on nothing is decided; resolves when stops under way have run their course. */
  quiesce(): Promise<void>
}

export function createIncidents(deps: IncidentsDeps): Incidents {
  const { clock, storm } = deps
  const watches = new Map<Container, Watch>()
  const stopTimes = createStopTimes(storm)
  const stops = createStops({ ...deps, nowMs: clock.nowMs })
  const isStopping = (container: Container) => stops.end(container) !== undefined
  const record = createRecorder(deps)
  let quiet = false

  function watchOf(container: Container, before?: SavedWatch): Watch {
    const watch = watches.get(container) ?? createWatch(container, clock, () => expire(container), before)
    watches.set(container, watch)
    return watch
  }

  function grown(container: Container, growth: Growth[], firstSeen?: FirstSeen): void {
    if (isStopping(container)) return
    const watch = watchOf(container)
    if (watch.untold.add(growth, firstSeen)) arm(watch)
  }

  function arm(watch: Watch): void {
    if (!quiet) watch.arm()
  }

  function expire(container: Container): void {
    deps.reread(container)
    const watch = watches.get(container)
    const span = watch?.untold.span()
    if (watch === undefined || span === undefined) return
    const calls = watch.untold.calls()
    if (calls.length === 0) return watch.drop()
    const decision = decide({
      calls,
      action: container.policy.action,
      expired: expired(span, container.policy, clock.nowMs()),
      stoppable: container.verified && container.listeners.size > 0 && !watch.triedToStop,
      stopsAtMs: stopTimes.of(container.workload),
      storm,
      nowMs: clock.nowMs(),
    })
    if (decision.kind === 'wait') return arm(watch)
    if (decision.kind === 'stop') return startStop(container, watch, span)
    if (decision.kind === 'latched') markLatched(container, storm)
    record(container, span, close(container, watch), decision.kind === 'log' ? 'logged' : 'latched')
  }

  function close(container: Container, watch: Watch): CallRow[] {
    const calls = watch.tell()
    deps.closing(container, calls)
    return calls
  }

  function startStop(container: Container, watch: Watch, span: Span): void {
    watch.triedToStop = true
    const calls = close(container, watch)
    container.message = forbiddenMessage(calls)
    void stops.start(container, STOP_REASON, done => {
      if (done) stopTimes.add(container.workload, clock.nowMs())
      record(container, span, calls, done ? 'stopped' : 'stop failed')
    })
  }

  function request(container: Container): Promise<void> {
    const underWay = stops.end(container)
    if (underWay !== undefined) return underWay
    deps.reread(container)
    const watch = watchOf(container)
    const span = watch.untold.calls().length === 0 ? undefined : watch.untold.span()
    const calls = span === undefined ? [] : close(container, watch)
    container.message = span === undefined ? null : forbiddenMessage(calls)
    return stops.start(container, REQUESTED_REASON, done => {
      if (span === undefined) deps.stopDone(container, done)
      else record(container, span, calls, done ? 'stopped' : 'stop failed')
    })
  }

  function policyChanged(container: Container): void {
    const watch = watches.get(container)
    if (watch !== undefined && !isStopping(container)) arm(watch)
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
    for (const watch of watches.values()) watch.cancel()
    await stops.allSettled()
  }

  const resume: Incidents['resume'] = (container, before) => arm(watchOf(container, before))
  const saved = (container: Container) => watches.get(container)?.saved() ?? null
  return { grown, request, policyChanged, resume, saved, ended, quiesce, isStopping }
}
