/** PURE: an incident lasts until nothing was added for a while, but never longer than a bound. All times monotonic. */

export interface Span {
  firstAtMs: number
  lastAtMs: number
}

export interface Bounds {
  debounceMs: number
  maxDelayMs: number
}

/** Adds what was seen; an older time never takes anything back. */
export function observe(span: Span | undefined, firstAtMs: number, lastAtMs: number = firstAtMs): Span {
  if (span === undefined) return { firstAtMs: Math.min(firstAtMs, lastAtMs), lastAtMs }
  return { firstAtMs: span.firstAtMs, lastAtMs: Math.max(span.lastAtMs, lastAtMs) }
}

/** The bound is what makes one call every four seconds unable to postpone the end for ever. */
export function deadlineMs(span: Span, bounds: Bounds): number {
  return Math.min(span.lastAtMs + bounds.debounceMs, span.firstAtMs + bounds.maxDelayMs)
}

export function expired(span: Span, bounds: Bounds, nowMs: number): boolean {
  return nowMs >= deadlineMs(span, bounds)
}

/** Forbidden calls whose debounce still runs. Monotonic times. */
export interface OpenIncident {
  sinceMs: number
  /** When it ends if no other forbidden call comes. */
  dueMs: number
}
