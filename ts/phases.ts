/** PURE: at what time of a run something was. */

/** The first five seconds of a run, the last five, and what lies between. A run of less than twenty has no phases. */
export type Phase = 'start' | 'steady' | 'end'

/** ISO 8601, as a report has it. */
export interface Span {
  startedAt: string
  finishedAt: string
}

const EDGE_MS = 5000
const SHORTEST_MS = 4 * EDGE_MS

export function phasesOf({ startedAt, finishedAt }: Span): (time: string) => Phase | undefined {
  const [start, end] = [Date.parse(startedAt), Date.parse(finishedAt)]
  if (end - start < SHORTEST_MS) return () => undefined
  return time => {
    const at = Date.parse(time)
    if (at <= start + EDGE_MS) return 'start'
    return at >= end - EDGE_MS ? 'end' : 'steady'
  }
}

/** The phase that all of these are; nothing where they differ or one is not known. */
export function onlyOf(phases: readonly (Phase | undefined)[]): { only?: Phase } {
  const [only] = phases
  return only !== undefined && phases.every(phase => phase === only) ? { only } : {}
}
