/** PURE. One container as a row of a list. */

import type { ContainerState, ContainerView } from '../container-view.ts'
import { isForbidden, type RecentCallsView } from '../recent-calls.ts'

export const containerStates = [
  'running',
  'stopping',
  'stopped',
  'exited',
  'unsupervised',
] as const satisfies readonly ContainerState[]

type Shown = Pick<ContainerView, 'engine' | 'image' | 'namespace' | 'pod' | 'podContainer'>

export interface ContainerSummary extends Shown {
  key: string
  id: string
  name: string
  state: ContainerState
  action: ContainerView['action']
  /** What its calls are recorded under, where they are. */
  recording: string | null
  /** Forbidden calls of the user's program, those of the runtime before it left out. */
  calls: number
  /** Of the minute up to the last one; null where none was seen since the daemon started. */
  recentCalls: RecentCallsView | null
  incidents: number
  reason: string | null
  message: string | null
  startedAt: string
  finishedAt: string | null
  /** When it is stopped if no other forbidden call comes before; null where no stop is pending. */
  stopDueAt: string | null
}

const MINUTE_MS = 60_000

export interface ContainerList {
  containers: ContainerSummary[]
  /** How many there are without `limit`. */
  total: number
}

export function summarize(view: ContainerView): ContainerSummary {
  const { key, id, name, engine, image, namespace, pod, podContainer, state, action } = view
  const { reason, message, startedAt, finishedAt, incidentsTotal } = view
  return {
    key,
    id,
    name,
    engine,
    image,
    namespace,
    pod,
    podContainer,
    state,
    action,
    // An older version has remembered none.
    recording: view.recording ?? null,
    calls: forbiddenCalls(view),
    recentCalls: lastMinute(view),
    incidents: incidentsTotal,
    reason,
    message,
    startedAt,
    finishedAt,
    stopDueAt: stopDueAt(view),
  }
}

/** An incident under `log` ends too, and nothing follows. */
function stopDueAt({ state, action, openIncident }: ContainerView): string | null {
  return state === 'running' && action === 'stop' ? (openIncident?.dueAt ?? null) : null
}

function forbiddenCalls({ calls }: ContainerView): number {
  return calls.filter(isForbidden).reduce((sum, { count }) => sum + count, 0)
}

function lastMinute({ recentCalls }: ContainerView): RecentCallsView | null {
  if (recentCalls === null) return null
  const { startedAt, intervalMs, counts } = recentCalls
  const left = Math.max(0, counts.length - MINUTE_MS / intervalMs)
  const from = new Date(Date.parse(startedAt) + left * intervalMs)
  return { startedAt: from.toISOString(), intervalMs, counts: counts.slice(left) }
}

/** Newest first; ISO times in UTC sort as text. */
export function newestFirst<T extends { startedAt: string }>(containers: readonly T[]): T[] {
  return containers.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0))
}
