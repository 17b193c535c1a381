/** PURE: what is counted of containers whose name is still looked for waits for it, so that none has series under two names. */

import type { ContainerSeries, CountedCall, Labelled } from './container-series.ts'

export interface Unnamed extends Labelled {
  isNamed: boolean
}

export interface HeldSeries {
  counted(container: Unnamed, call: CountedCall): void
  incident(container: Unnamed, text: string): void
  ended(container: Unnamed, atMs: number): void
  /** Its name will not change any more. */
  named(container: Unnamed): void
  expire(nowMs: number): void
}

/** Sums, so that no flood of calls makes it longer than the container's calls are distinct. */
interface Held {
  calls: Map<string, CountedCall>
  incidents: string[]
  endedAtMs: number | undefined
}

export function holdUnnamed(series: ContainerSeries): HeldSeries {
  const waiting = new Map<string, Held>()

  function heldOf({ key }: Labelled): Held {
    const held = waiting.get(key) ?? { calls: new Map(), incidents: [], endedAtMs: undefined }
    waiting.set(key, held)
    return held
  }

  function counted(container: Unnamed, call: CountedCall): void {
    if (container.isNamed) return series.counted(container, call)
    const { calls } = heldOf(container)
    const kind = `${call.syscall} ${call.verdict} ${call.phase}`
    calls.set(kind, { ...call, count: call.count + (calls.get(kind)?.count ?? 0) })
  }

  function incident(container: Unnamed, text: string): void {
    if (container.isNamed) series.incident(container, text)
    else heldOf(container).incidents.push(text)
  }

  function ended(container: Unnamed, atMs: number): void {
    if (container.isNamed) series.ended(container, atMs)
    else heldOf(container).endedAtMs = atMs
  }

  function named(container: Unnamed): void {
    const held = waiting.get(container.key)
    if (held === undefined) return
    waiting.delete(container.key)
    for (const call of held.calls.values()) series.counted(container, call)
    for (const text of held.incidents) series.incident(container, text)
    if (held.endedAtMs !== undefined) series.ended(container, held.endedAtMs)
  }

  return { counted, incident, ended, named, expire: series.expire }
}
