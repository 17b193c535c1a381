/** PURE: what a command was seen calling, and what several of its runs come to. */

import { OTHER } from './calls.ts'
import type { CallCount } from './container-view.ts'
import type { ArgumentValues } from './native.ts'
import { onlyOf, phasesOf, type Phase, type Span } from './phases.ts'

export interface RecordedCall {
  syscall: string
  abi: string
  number: number
  count: number
  /**
   * Values of the argument that decides, decimal since they may be beyond what a number holds: the family of `socket`, the
   * request of `ioctl`. Undefined where none does, or where there were too many.
   */
  values?: string[]
  /** The one phase of the run that it was made in. Undefined where there were several. */
  only?: Phase
}

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

export const NO_RUNS: Seen = { runs: 0, calls: [] }

/** Whoever made them: the call that executes the command is needed by whatever starts it under the profile. */
export function recordedCalls(
  counts: readonly CallCount[],
  values: readonly ArgumentValues[],
  span: Span,
): RecordedCall[] {
  const phaseAt = phasesOf(span)
  const calls = new Map<string, Unplaced>()
  for (const row of counts.filter(call => call.syscall !== OTHER))
    calls.set(keyOf(row), add(calls.get(keyOf(row)), row))
  return [...calls.values()]
    .map(({ times, ...call }) => ({ ...call, ...onlyOf(times.map(phaseAt)), ...valuesIn(values, keyOf(call)) }))
    .toSorted(byName)
}

type Unplaced = Omit<RecordedCall, 'only' | 'values'> & { times: string[] }

function add(known: Unplaced | undefined, { syscall, abi, number, count, firstAt, lastAt }: CallCount): Unplaced {
  const times = [...(known?.times ?? []), firstAt, lastAt]
  return { syscall, abi, number, count: count + (known?.count ?? 0), times }
}

/** Whether some calls could not be told apart, so that what was recorded is not all. */
export function isComplete(counts: readonly CallCount[]): boolean {
  return counts.every(({ syscall }) => syscall !== OTHER)
}

export function addRun({ runs, calls }: Seen, run: readonly RecordedCall[]): { seen: Seen; novelty: Novelty } {
  const merged = new Map(calls.map(call => [keyOf(call), call]))
  const novelty: Novelty = { calls: [], values: [] }
  for (const call of run) {
    const known = merged.get(keyOf(call))
    if (known === undefined) novelty.calls.push(call)
    else novelty.values.push(...newValues(known, call))
    merged.set(keyOf(call), known === undefined ? { ...call, runs: 1 } : merge(known, call))
  }
  return { seen: { runs: runs + 1, calls: [...merged.values()].toSorted(byName) }, novelty }
}

function keyOf({ abi, number }: Pick<RecordedCall, 'abi' | 'number'>): string {
  // As the kernel gave it, which the addon says without a sign.
  return `${abi}:${number >>> 0}`
}

function valuesIn(all: readonly ArgumentValues[], key: string): { values?: string[] } {
  const values = all.find(each => keyOf(each) === key)?.values
  return values === undefined ? {} : { values }
}

function newValues(known: CoveredCall, { syscall, abi, values }: RecordedCall): Novelty['values'] {
  if (known.values === undefined) return []
  const added = (values ?? []).filter(value => !known.values?.includes(value))
  return values === undefined || added.length > 0 ? [{ syscall, abi, values: added }] : []
}

function merge(known: CoveredCall, call: RecordedCall): CoveredCall {
  const { values: before, only, ...rest } = known
  const phase = onlyOf([only, call.only])
  const counted = { ...rest, ...phase, runs: known.runs + 1, count: known.count + call.count }
  if (before === undefined || call.values === undefined) return counted
  return { ...counted, values: [...new Set([...before, ...call.values])].toSorted(byValue) }
}

function byValue(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1)
}

function byName(a: RecordedCall, b: RecordedCall): number {
  return compare(a.syscall, b.syscall) || compare(a.abi, b.abi) || a.number - b.number
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
