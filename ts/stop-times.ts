/** PURE: when containers of each workload were stopped, as far as it matters for a restart storm. */

import { recentStops, type Storm } from './termination.ts'

export interface StopTimes {
  of(workload: string): readonly number[]
  add(workload: string, atMs: number): void
}

export function createStopTimes(storm: Storm): StopTimes {
  const stops = new Map<string, number[]>()

  /** Workloads that had no stop for long are forgotten. */
  function add(workload: string, atMs: number): void {
    for (const [key, times] of stops) if (recentStops(times, storm, atMs).length === 0) stops.delete(key)
    stops.set(workload, [...recentStops(stops.get(workload) ?? [], storm, atMs), atMs])
  }

  return { of: workload => stops.get(workload) ?? [], add }
}
