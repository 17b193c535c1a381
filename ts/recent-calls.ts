/**
 * PURE: how many forbidden calls one container made of late. Nothing is kept of a container that made none; of the others
 * a number for each five seconds of five minutes, however many calls there are.
 */

import type { CallRow, Growth } from './calls.ts'

/** Forbidden calls of five minutes up to the last one. */
export interface RecentCallsView {
  /** Of the first number. */
  startedAt: string
  intervalMs: number
  /** Calls in each interval, the oldest first. */
  counts: number[]
}

export interface RecentCalls {
  /** Each counts for the time of the last one of its kind. */
  add(growth: readonly Growth[]): void
  /** Up to the last call; null where there was none. */
  view(toTime: (atMs: number) => string): RecentCallsView | null
}

const INTERVAL_MS = 5000
const INTERVALS = 60

/** Made by the container's program, and not let through by its profile. */
export function isForbidden({ phase, verdict }: Pick<CallRow, 'phase' | 'verdict'>): boolean {
  return phase === 'run' && verdict !== 'allow'
}

export function createRecentCalls(): RecentCalls {
  /** By the number of their time, modulo how many there are. */
  let counts: Uint32Array | undefined
  let newest = 0

  function add(growth: readonly Growth[]): void {
    for (const row of growth) if (isForbidden(row)) count(Math.floor(row.lastAtMs / INTERVAL_MS), row.count)
  }

  function count(slot: number, calls: number): void {
    if (counts === undefined) [counts, newest] = [new Uint32Array(INTERVALS), slot]
    for (let passed = Math.max(newest, slot - INTERVALS) + 1; passed <= slot; passed++) counts[passed % INTERVALS] = 0
    newest = Math.max(newest, slot)
    if (slot > newest - INTERVALS) counts[slot % INTERVALS] = callsOf(counts, slot) + calls
  }

  function view(toTime: (atMs: number) => string): RecentCallsView | null {
    if (counts === undefined) return null
    const kept = counts
    let first = Math.max(0, newest - INTERVALS + 1)
    while (first < newest && callsOf(kept, first) === 0) first += 1
    return {
      startedAt: toTime(first * INTERVAL_MS),
      intervalMs: INTERVAL_MS,
      counts: Array.from({ length: newest - first + 1 }, (_, at) => callsOf(kept, first + at)),
    }
  }

  return { add, view }
}

function callsOf(counts: Uint32Array, slot: number): number {
  return counts[slot % INTERVALS] ?? 0
}
