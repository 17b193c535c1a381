/** Names of calls from the addon, each asked for once: a flood repeats a few calls, and asking goes to libseccomp. */

import type { Names } from './calls.ts'
import { errnoName } from './errno.ts'
import type { Native } from './native.ts'

type NameOf = (arch: number, number: number) => string

/** Per architecture. A program can make numbers up; what is kept of them is bounded. */
const MAX_KEPT = 4096

export function createNames(native: Pick<Native, 'syscallName' | 'abiName'>): Names {
  return { syscallName: remembered(native.syscallName), abiName: remembered(native.abiName), errnoName }
}

function remembered(nameOf: NameOf): NameOf {
  const arches = new Map<number, Map<number, string>>()
  return (arch, number) => {
    const kept = arches.get(arch) ?? new Map<number, string>()
    arches.set(arch, kept)
    const known = kept.get(number)
    if (known !== undefined) return known
    if (kept.size >= MAX_KEPT) kept.clear()
    const name = nameOf(arch, number)
    kept.set(number, name)
    return name
  }
}
