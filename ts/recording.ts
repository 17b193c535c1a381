/** PURE: what several runs come to. */

import { onlyOf } from './phases.ts'
import { byName, byRuntime, keyOf, type RecordedCall } from './recorded-calls.ts'

export interface CoveredCall extends RecordedCall {
  /** How many runs made it. */
  runs: number
}

/** All runs so far. */
export interface Seen {
  runs: number
  /** By name and ABI. */
  calls: CoveredCall[]
}

/** What a run called that none before had. */
export interface Novelty {
  calls: RecordedCall[]
  /** Calls that were known, with the values that were not; none where now any is allowed. */
  values: { syscall: string; abi: string; values: string[] }[]
}

/** As the addon keeps of one run. */
const MOST_VALUES = 64
export const NO_RUNS: Seen = { runs: 0, calls: [] }

export function addRun({ runs, calls }: Seen, run: readonly RecordedCall[]): { seen: Seen; novelty: Novelty } {
  const merged = new Map(calls.map(call => [keyOf(call), call]))
  const novelty: Novelty = { calls: [], values: [] }
  for (const call of run) {
    const known = merged.get(keyOf(call))
    if (isNew(known, call)) novelty.calls.push(call)
    else if (known !== undefined && call.runtime !== true) novelty.values.push(...newValues(known, call))
    merged.set(keyOf(call), known === undefined ? { ...call, runs: 1 } : merge(known, call))
  }
  return { seen: { runs: runs + 1, calls: [...merged.values()].toSorted(byName) }, novelty }
}

/** What the runtime alone calls is no news of the program. */
function isNew(known: CoveredCall | undefined, { runtime }: RecordedCall): boolean {
  return runtime !== true && (known === undefined || known.runtime === true)
}

function newValues(known: CoveredCall, { syscall, abi, values }: RecordedCall): Novelty['values'] {
  if (known.values === undefined) return []
  const added = (values ?? []).filter(value => !known.values?.includes(value))
  return values === undefined || added.length > 0 ? [{ syscall, abi, values: added }] : []
}

function merge(known: CoveredCall, call: RecordedCall): CoveredCall {
  const { values: before, only, ...rest } = known
  const phase = onlyOf([only, call.only])
  delete rest.runtime
  const counted = {
    ...rest,
    ...phase,
    ...byRuntime(known, call),
    runs: known.runs + 1,
    count: known.count + call.count,
  }
  if (before === undefined || call.values === undefined) return counted
  return { ...counted, ...unitedValues(before, call.values) }
}

/** No member where there are too many: any is allowed then, as within one run. */
export function unitedValues(some: readonly string[], others: readonly string[]): { values?: string[] } {
  const values = [...new Set([...some, ...others])].toSorted(byValue)
  return values.length > MOST_VALUES ? {} : { values }
}

function byValue(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1)
}
