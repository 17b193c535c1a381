/** What a stop makes of its container. */

import { warn, type Container } from './containers.ts'
import type { StopReport } from './native.ts'
import { STOP_EXIT_CODE, type Storm } from './termination.ts'

const PLACES = { stderr: "the container's standard error", 'termination-file': "the kubelet's file" } as const

/** A stop that was refused has a problem instead of processes that are left. */
export type StopOutcome = StopReport & { problem?: string }

export function refusedStop(problem: string): StopOutcome {
  return { done: false, steps: [], left: [], told: [], problem }
}

export function markStopped(container: Container, reason: string, atMs: number): void {
  Object.assign(container, { state: 'stopped', exitCode: STOP_EXIT_CODE, reason })
  container.finishedAtMs ??= atMs
}

/** Where the message was written before the kill, whatever came of that; a stop does not fail for it. */
export function markTold(container: Container, { told }: StopOutcome): void {
  container.told = told.map(({ place, problem = null }) => ({ place, problem }))
  for (const { place, problem } of told)
    if (problem !== undefined) warn(container, `the message is not in ${PLACES[place]}: ${problem}`)
}

/** Once is all that is tried: what resists SIGKILL would resist it again. */
export function markFailed(container: Container, { problem, left }: StopOutcome): void {
  container.state = container.listeners.size > 0 ? 'running' : 'exited'
  container.message = `could not be stopped: ${problem ?? `processes ${left.join(', ')} are left`}`
  warn(container, container.message)
}

/** It was not even tried, because the workload only comes back. */
export function markLatched(container: Container, { stops, withinMs }: Storm): void {
  const minutes = withinMs / 60_000
  warn(container, `${container.workload} was stopped ${stops} times within ${minutes} minutes and is now only logged`)
}
