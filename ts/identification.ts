/** Who a container that was handed over is, by the files of its engine. */

import { identityOf, type Identity } from './identity.ts'
import { lookUpOf } from './look-up.ts'
import type { Handover } from './native.ts'

/** Undefined where the hand-over itself has told everything. */
export function identification({ state, init }: Handover): (() => Promise<Identity>) | undefined {
  const lookUp = state && lookUpOf(state, init?.pid)
  return state && lookUp && (async () => identityOf(state, await lookUp()))
}
