/** PURE. What the options of a command say of the host and the container that a profile is for. */

import type { ProfileFacts } from '../native.ts'
import { listOf } from './list.ts'

export interface FactFlags {
  arch?: string
  cap?: string
  kernel?: string
}

export function factsOf({ arch, cap, kernel }: FactFlags): ProfileFacts {
  return {
    ...(arch === undefined ? {} : { architecture: arch }),
    ...(cap === undefined ? {} : { capabilities: listOf(cap) }),
    ...(kernel === undefined ? {} : { kernel }),
  }
}
