/** PURE. Containers by what they call now, as one frame of `top`. */

import type { ContainerList, ContainerSummary } from '../http/summary.ts'
import { escapeText, formatAge, formatTable } from './format.ts'

export const topOrders = ['rate', 'calls', 'incidents', 'name', 'age'] as const
export type TopOrder = (typeof topOrders)[number]

/** What a daemon said, and when. */
export interface Sample {
  list: ContainerList
  /** Milliseconds since 1970. */
  atMs: number
}

export interface Row extends ContainerSummary {
  /** Forbidden calls per second since the sample before; 0 of a container that was not in it. */
  rate: number
}

const HEADER = ['KEY', 'NAME', 'STATE', 'ACTION', 'CALLS', 'CALLS/S', 'INCIDENTS', 'STOPS IN', 'AGE']
const MOST_CHARS = 40

export function topRows({ list, atMs }: Sample, before: Sample | undefined, order: TopOrder): Row[] {
  const earlier = new Map(before?.list.containers.map(({ key, calls }) => [key, calls]))
  const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1000
  const rows = list.containers.map(each => {
    const grown = each.calls - (earlier.get(each.key) ?? each.calls)
    return { ...each, rate: seconds > 0 ? Math.max(0, grown / seconds) : 0 }
  })
  return rows.toSorted((a, b) => COMPARE[order](a, b) || inOrder(a.key, b.key))
}

const COMPARE: Record<TopOrder, (a: Row, b: Row) => number> = {
  rate: (a, b) => b.rate - a.rate || b.calls - a.calls,
  calls: (a, b) => b.calls - a.calls,
  incidents: (a, b) => b.incidents - a.incidents,
  name: (a, b) => inOrder(a.name, b.name),
  age: (a, b) => inOrder(a.startedAt, b.startedAt),
}

/** Those whose name or id contains this, upper and lower case alike. */
export function withPart<T extends Pick<ContainerSummary, 'name' | 'id'>>(rows: readonly T[], part: string): T[] {
  const wanted = part.toLowerCase()
  return rows.filter(({ name, id }) => name.toLowerCase().includes(wanted) || id.toLowerCase().includes(wanted))
}

export function topTable(rows: readonly Row[], nowMs: number): string {
  return formatTable(
    HEADER,
    rows.map(row => cells(row, nowMs)),
  )
}

function cells(row: Row, nowMs: number): string[] {
  const { key, name, state, action, calls, rate, incidents, startedAt, stopDueAt } = row
  const age = formatAge(nowMs - Date.parse(startedAt))
  return [key, name, state, action, calls, rate.toFixed(1), incidents, countdown(stopDueAt, nowMs), age].map(cell =>
    escapeText(String(cell), MOST_CHARS),
  )
}

/** Whole seconds that are left, rounded up; nothing where no stop is pending. */
function countdown(dueAt: string | null, nowMs: number): string {
  return dueAt === null ? '' : `${Math.max(0, Math.ceil((Date.parse(dueAt) - nowMs) / 1000))}s`
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
