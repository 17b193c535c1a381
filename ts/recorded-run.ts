/** PURE: what one container was let call, as it is kept until the container has ended. */

import { OTHER, type CallRow } from './calls.ts'
import type { ArgumentValues } from './native.ts'
import { byRuntime, keyOf, type TimedCall } from './recorded-calls.ts'
import { unitedValues } from './recording.ts'
import { isAllowed } from './verdicts.ts'

export interface RecordedPart {
  calls: TimedCall[]
  values: ArgumentValues[]
  /** Names of calls that its profile denied: they are in no profile that is made of this. */
  denied: string[]
}

/** A container that has not ended. */
export interface OpenRun extends RecordedPart {
  /** Of the container. */
  key: string
  startedAt: string
}

export const NOTHING: RecordedPart = { calls: [], values: [], denied: [] }

export function timedCalls(rows: readonly CallRow[], toTime: (atMs: number) => string): TimedCall[] {
  return rows.map(({ syscall, abi, number, count, phase, firstAtMs, lastAtMs }) => {
    const runtime = phase === 'init' ? { runtime: true as const } : {}
    return { syscall, abi, number, count, firstAt: toTime(firstAtMs), lastAt: toTime(lastAtMs), ...runtime }
  })
}

export function deniedNames(rows: readonly CallRow[]): string[] {
  const denied = rows.filter(({ syscall, verdict }) => syscall !== OTHER && !isAllowed(verdict))
  return [...new Set(denied.map(({ syscall }) => syscall))].toSorted()
}

/** What a daemon saw, and what the one before it had seen of the same container. */
export function joined(before: RecordedPart, now: RecordedPart): RecordedPart {
  const calls = new Map(before.calls.map(call => [keyOf(call), call]))
  for (const call of now.calls) calls.set(keyOf(call), add(calls.get(keyOf(call)), call))
  return {
    calls: [...calls.values()],
    values: unitedAll(before.values, now.values),
    denied: [...new Set([...before.denied, ...now.denied])].toSorted(),
  }
}

function add(known: TimedCall | undefined, call: TimedCall): TimedCall {
  if (known === undefined) return call
  const rest = { ...call }
  delete rest.runtime
  return { ...rest, count: known.count + call.count, firstAt: known.firstAt, ...byRuntime(known, call) }
}

/** Of several listeners, or of several daemons. */
export function unitedAll(some: readonly ArgumentValues[], others: readonly ArgumentValues[]): ArgumentValues[] {
  const all = new Map(some.map(each => [keyOf(each), each]))
  for (const each of others) all.set(keyOf(each), unite(all.get(keyOf(each)), each))
  return [...all.values()]
}

function unite(known: ArgumentValues | undefined, { abi, number, values }: ArgumentValues): ArgumentValues {
  if (known === undefined) return { abi, number, ...(values === undefined ? {} : { values }) }
  if (known.values === undefined || values === undefined) return { abi, number }
  return { abi, number, ...unitedValues(known.values, values) }
}
