/** PURE: which engines the options of `runtime` mean. */

import { ENGINE_NAMES, type EngineName } from '../install/engines.ts'

export interface Selection {
  engines: EngineName[]
  /** Each by its name, so that what cannot be done is an error. */
  areNamed: boolean
  /** A RuntimeClass, which is in no file of a host. */
  wantsRuntimeClass: boolean
}

export function selectionOf(names: readonly string[]): Selection {
  const isAll = names.includes('all')
  return {
    engines: ENGINE_NAMES.filter(name => isAll || names.includes(name)),
    areNamed: !isAll,
    wantsRuntimeClass: names.includes('kubernetes'),
  }
}
