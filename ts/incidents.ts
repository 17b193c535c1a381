/** One timer per container with an open incident; at its end the incident is logged or the container stopped. */

import type { CallRow, Growth } from './calls.ts'
import type { Clock } from './clock.ts'
import { toTime } from './clock.ts'
import type { Incident } from './container-view.ts'
import { addIncident, warn, type Container } from './containers.ts'
import { deadlineMs, expired, observe, type Span } from './debounce.ts'
import { errorText } from './errors.ts'
import type { StopReport } from './native.ts'
import type { FirstSeen } from './pump.ts'
import {
  decide,
  forbidden,
  forbiddenMessage,
  recentStops,
  STOP_EXIT_CODE,
  STOP_REASON,
  type Storm,
} from './termination.ts'

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

/** A stop that was refused has a problem instead of processes that are left. */
type Outcome = StopReport & { problem?: string }

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
  span?: Span | undefined
  cancel?: (() => void) | undefined
  /** Counts that earlier incidents told of. */
  told: Map<string, number>
  toldAtMs: number
  triedToStop: boolean
}

export function createIncidents(deps: IncidentsDeps): Incidents {
  const { clock } = deps
  const time = toTime(clock)
  const watches = new Map<Container, Watch>()
  const stops = new Map<string, number[]>()
  const stopping = new Map<Container, Promise<void>>()
  let quiet = false

  function watchOf(container: Container): Watch {
    const watch = watches.get(container) ?? { told: new Map(), toldAtMs: container.startedAtMs, triedToStop: false }
    watches.set(container, watch)
    return watch
  }

  function grown(container: Container, growth: Growth[], firstSeen?: FirstSeen): void {
    const calls = forbidden(growth, container.policy)
    if (calls.length === 0 || stopping.has(container)) return
    const watch = watchOf(container)
    const firstAtMs = Math.min(...calls.map(({ key, lastAtMs }) => firstSeen?.get(key) ?? lastAtMs))
    const lastAtMs = Math.max(...calls.map(call => call.lastAtMs))
    watch.span = observe(watch.span, Math.max(firstAtMs, watch.toldAtMs), lastAtMs)
    arm(container, watch, watch.span)
  }

  function arm(container: Container, watch: Watch, span: Span): void {
    watch.cancel?.()
    if (quiet) return
    const delayMs = Math.ceil(deadlineMs(span, container.policy) - clock.nowMs())
    watch.cancel = clock.setTimer(() => expire(container), Math.max(delayMs, 0))
  }

  function expire(container: Container): void {
    deps.reread(container)
    const watch = watches.get(container)
    if (watch?.span === undefined) return
    const calls = untold(container, watch)
    // A split may have moved them to another record.
    if (calls.length === 0) return drop(watch)
    const decision = decide({
      calls,
      action: container.policy.action,
      expired: expired(watch.span, container.policy, clock.nowMs()),
      stoppable: container.verified && container.listeners.size > 0 && !watch.triedToStop,
      stopsAtMs: stops.get(container.workload) ?? [],
      storm: deps.storm,
      nowMs: clock.nowMs(),
    })
    if (decision.kind === 'wait') return arm(container, watch, watch.span)
    if (decision.kind === 'stop') return startStop(container, watch, watch.span)
    if (decision.kind === 'latched') warnOfLatch(container, deps.storm)
    record(container, watch.span, closeSpan(container, watch), decision.kind === 'log' ? 'logged' : 'latched')
  }

  function drop(watch: Watch): void {
    watch.cancel?.()
    watch.span = undefined
  }

  function untold(container: Container, watch: Watch): CallRow[] {
    const fresh = container.calls.rows().map(row => ({ ...row, count: row.count - (watch.told.get(row.key) ?? 0) }))
    return forbidden(fresh, container.policy)
  }

  function closeSpan(container: Container, watch: Watch): CallRow[] {
    const calls = untold(container, watch)
    for (const { key, count } of calls) watch.told.set(key, (watch.told.get(key) ?? 0) + count)
    drop(watch)
    watch.toldAtMs = clock.nowMs()
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
    const calls = closeSpan(container, watch)
    container.message = forbiddenMessage(calls)
    // Deferred, so that whatever the stop leads to finds it under way.
    const run = Promise.resolve(container)
      .then(deps.stop)
      .catch((error: unknown) => failed(errorText(error)))
    stopping.set(
      container,
      run.then(report => finishStop(container, span, calls, report)),
    )
  }

  function finishStop(container: Container, span: Span, calls: CallRow[], report: Outcome): void {
    stopping.delete(container)
    if (report.done) markStopped(container)
    else markFailed(container, report)
    record(container, span, calls, report.done ? 'stopped' : 'stop failed')
    deps.settled(container)
  }

  function markStopped(container: Container): void {
    const nowMs = clock.nowMs()
    Object.assign(container, { state: 'stopped', exitCode: STOP_EXIT_CODE, reason: STOP_REASON })
    container.finishedAtMs ??= nowMs
    for (const [key, times] of stops) if (recentStops(times, deps.storm, nowMs).length === 0) stops.delete(key)
    stops.set(container.workload, [...recentStops(stops.get(container.workload) ?? [], deps.storm, nowMs), nowMs])
  }

  function ended(container: Container): void {
    const watch = watches.get(container)
    watches.delete(container)
    if (watch?.span === undefined) return
    record(container, watch.span, closeSpan(container, watch), 'logged')
  }

  async function quiesce(): Promise<void> {
    quiet = true
    for (const watch of watches.values()) watch.cancel?.()
    await Promise.all(stopping.values())
  }

  return { grown, ended, quiesce, isStopping: container => stopping.has(container) }
}

/** Once is all that is tried: what resists SIGKILL would resist it again. */
function markFailed(container: Container, report: Outcome): void {
  container.state = container.listeners.size > 0 ? 'running' : 'exited'
  container.message = `could not be stopped: ${report.problem ?? `processes ${report.left.join(', ')} are left`}`
  warn(container, container.message)
}

function failed(problem: string): Outcome {
  return { done: false, steps: [], left: [], problem }
}

function warnOfLatch(container: Container, storm: Storm): void {
  const minutes = storm.withinMs / 60_000
  warn(
    container,
    `${container.workload} was stopped ${storm.stops} times within ${minutes} minutes and is now only logged`,
  )
}
