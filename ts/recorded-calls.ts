/** PURE: what one run was seen calling. */

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
  /** Of a container: the runtime alone made it, before it executed the program. Which calls these are varies from start to start. */
  runtime?: true
}

/** Whoever made them: the call that executes the command is needed by whatever starts it under the profile. */
export function recordedCalls(
  counts: readonly TimedCall[],
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

/** How often a call was made, and when. */
export type TimedCall = Pick<CallCount, 'syscall' | 'abi' | 'number' | 'count' | 'firstAt' | 'lastAt'> &
  Pick<RecordedCall, 'runtime'>

type Unplaced = Omit<RecordedCall, 'only' | 'values'> & { times: string[] }

function add(known: Unplaced | undefined, call: TimedCall): Unplaced {
  const { syscall, abi, number, count, firstAt, lastAt } = call
  const times = [...(known?.times ?? []), firstAt, lastAt]
  return { syscall, abi, number, count: count + (known?.count ?? 0), times, ...byRuntime(known, call) }
}

/** Whether some calls could not be told apart, so that what was recorded is not all. */
export function isComplete(counts: readonly Pick<CallCount, 'syscall'>[]): boolean {
  return counts.every(({ syscall }) => syscall !== OTHER)
}

export function keyOf({ abi, number }: Pick<RecordedCall, 'abi' | 'number'>): string {
  // As the kernel gave it, which the addon says without a sign.
  return `${abi}:${number >>> 0}`
}

function valuesIn(all: readonly ArgumentValues[], key: string): { values?: string[] } {
  const values = all.find(each => keyOf(each) === key)?.values
  return values === undefined ? {} : { values }
}

/** Whether the runtime alone has made it still. */
export function byRuntime(
  known: Pick<RecordedCall, 'runtime'> | undefined,
  { runtime }: Pick<RecordedCall, 'runtime'>,
): Pick<RecordedCall, 'runtime'> {
  return runtime === true && (known === undefined || known.runtime === true) ? { runtime } : {}
}

export function byName(a: RecordedCall, b: RecordedCall): number {
  return compare(a.syscall, b.syscall) || compare(a.abi, b.abi) || a.number - b.number
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
