/** PURE: a container's forbidden calls that no incident has told of yet. */

import type { CallRow, Growth } from './calls.ts'
import type { Container } from './containers.ts'
import { observe, type Span } from './debounce.ts'
import type { FirstSeen } from './first-seen.ts'
import { forbidden } from './termination.ts'

export interface Untold {
  /** From the first of them to the last; undefined while there are none. */
  span(): Span | undefined
  /** Adds what is forbidden of the growth; false: nothing is. */
  add(growth: readonly Growth[], firstSeen?: FirstSeen): boolean
  /** Them, counted anew: a split may have moved some to another record. */
  calls(): CallRow[]
  /** From now on they are told. */
  tell(atMs: number): CallRow[]
  /** Forgets the span, and that calls were counted in it. */
  drop(): void
  /** For the next daemon. */
  saved(): SavedUntold
}

export interface SavedUntold {
  /** Counts by key of calls that incidents have told of. */
  told: [key: string, count: number][]
  toldAtMs: number
  span: Span | null
}

/** `before`: as a former daemon left it. */
export function createUntold(container: Container, before?: SavedUntold): Untold {
  const told = new Map<string, number>(before?.told)
  let toldAtMs = before?.toldAtMs ?? container.startedAtMs
  let span: Span | undefined = before?.span ?? undefined

  function add(growth: readonly Growth[], firstSeen?: FirstSeen): boolean {
    const added = forbidden(growth, container.policy)
    if (added.length === 0) return false
    const firstAtMs = Math.min(...added.map(({ key, lastAtMs }) => firstSeen?.get(key) ?? lastAtMs))
    const lastAtMs = Math.max(...added.map(call => call.lastAtMs))
    span = observe(span, Math.max(firstAtMs, toldAtMs), lastAtMs)
    return true
  }

  function calls(): CallRow[] {
    const fresh = container.calls.rows().map(row => ({ ...row, count: row.count - (told.get(row.key) ?? 0) }))
    return forbidden(fresh, container.policy)
  }

  function tell(atMs: number): CallRow[] {
    const telling = calls()
    for (const { key, count } of telling) told.set(key, (told.get(key) ?? 0) + count)
    span = undefined
    toldAtMs = atMs
    return telling
  }

  const saved = () => ({ told: [...told], toldAtMs, span: span ?? null })
  return { span: () => span, add, calls, tell, drop: () => void (span = undefined), saved }
}
