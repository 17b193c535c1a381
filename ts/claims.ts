/** Whose is what was read of calls: a call may be answered before the runtime has said whose its listener is. */

import type { Detail } from './native.ts'
import type { Registry } from './registry.ts'

export interface Claims {
  note(detail: Detail): void
  /** Before calls are told: takes what there is, also of listeners that have become somebody's. */
  settle(readDetails: () => void): void
}

/** Of listeners that are nobody's yet. */
const MOST_UNCLAIMED = 64

export function createClaims(registry: Pick<Registry, 'of'>): Claims {
  const unclaimed: Detail[] = []

  function note(detail: Detail): void {
    const container = registry.of(detail.listener)
    if (container !== undefined) container.details.note(detail)
    else if (unclaimed.length < MOST_UNCLAIMED) unclaimed.push(detail)
  }

  function settle(readDetails: () => void): void {
    readDetails()
    for (const detail of unclaimed.splice(0)) note(detail)
  }

  return { note, settle }
}
