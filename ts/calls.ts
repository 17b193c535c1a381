/**
 * PURE: what one container called, summed over its listeners. The native counters are the truth; this keeps the
 * last one seen of each, so that reading them late, often or after a lost event changes no total.
 */

import type { Count } from './native.ts'
import { verdictLabel } from './verdicts.ts'

/** Names for numbers; the addon's functions. */
export interface Names {
  syscallName(arch: number, number: number): string
  abiName(arch: number, number: number): string
  errnoName(errno: number): string
}

export interface CallRow {
  key: string
  syscall: string
  abi: string
  number: number
  verdict: string
  phase: 'init' | 'run'
  count: number
  firstAtMs: number
  lastAtMs: number
}

/** By how much one row grew. `count` is the growth. */
export type Growth = CallRow & { isNew: boolean }

/** Distinct calls with a row of their own; a program can make thousands of numbers up. */
export const MAX_ROWS = 1024
export const OTHER = 'other'
/** Rows of calls that have none of their own: one for each verdict and phase. */
const MOST_OTHERS = 512

export interface CallTable {
  /** Takes a listener's counters as they are now. */
  update(listener: number, counts: readonly Count[]): Growth[]
  /** Keeps a closed listener's calls and forgets the listener. */
  fold(listener: number): void
  /** Moves a listener's calls to the table of another container. */
  move(listener: number, to: CallTable): void
  rows(): CallRow[]
}

export function callKey(arch: number, number: number, verdict: number, init: boolean): string {
  return `${arch}:${number}:${verdict}:${init ? 1 : 0}`
}

/** `before`: what listeners of a former daemon have counted. */
export function createCallTable(names: Names, before: readonly CallRow[] = []): CallTable {
  const rows = new Map(before.slice(0, MAX_ROWS + MOST_OTHERS).map(row => [row.key, { ...row }]))
  const seen = new Map<number, Map<string, Count>>()

  function update(listener: number, counts: readonly Count[]): Growth[] {
    // Most listeners never call anything; of those nothing is kept.
    if (counts.length === 0) return []
    const last = seen.get(listener) ?? new Map<string, Count>()
    seen.set(listener, last)
    return counts.flatMap(count => advance(last, count) ?? [])
  }

  function advance(last: Map<string, Count>, count: Count): Growth | undefined {
    const key = callKey(count.arch, count.number, count.verdict, count.init)
    const added = count.count - (last.get(key)?.count ?? 0)
    if (added <= 0) return undefined
    last.set(key, count)
    return add(rowOf(key, count), added, count)
  }

  function rowOf(key: string, count: Count): CallRow {
    const known = rows.get(key)
    if (known !== undefined) return known
    const named = newRow(key, count, names)
    const row = rows.size < MAX_ROWS ? named : (rows.get(otherKey(named)) ?? otherRow(named))
    rows.set(row.key, row)
    return row
  }

  function move(listener: number, to: CallTable): void {
    const moved = [...(seen.get(listener)?.values() ?? [])]
    seen.delete(listener)
    for (const count of moved) take(count)
    to.update(listener, moved)
  }

  function take(count: Count): void {
    const row = rowOf(callKey(count.arch, count.number, count.verdict, count.init), count)
    row.count -= count.count
    if (row.count <= 0) rows.delete(row.key)
  }

  return { update, move, fold: listener => void seen.delete(listener), rows: () => [...rows.values()] }
}

function add(row: CallRow, added: number, { firstAtMs, lastAtMs }: Count): Growth {
  const isNew = row.count === 0
  row.count += added
  row.firstAtMs = Math.min(row.firstAtMs, firstAtMs)
  row.lastAtMs = Math.max(row.lastAtMs, lastAtMs)
  return { ...row, count: added, lastAtMs, isNew }
}

function newRow(key: string, { arch, number, verdict, init }: Count, names: Names): CallRow {
  return {
    key,
    syscall: names.syscallName(arch, number),
    abi: names.abiName(arch, number),
    number,
    verdict: verdictLabel(verdict, names.errnoName),
    phase: init ? 'init' : 'run',
    count: 0,
    firstAtMs: Infinity,
    lastAtMs: 0,
  }
}

/** Keeps verdict and phase, so that hiding behind a thousand made-up numbers does not hide a forbidden call. */
function otherRow(row: CallRow): CallRow {
  return { ...row, key: otherKey(row), syscall: OTHER, abi: OTHER, number: -1 }
}

function otherKey({ verdict, phase }: CallRow): string {
  return `${OTHER}:${verdict}:${phase}`
}
