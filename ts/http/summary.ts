/** PURE. One container as a row of a list. */

import type { ContainerState, ContainerView } from '../container-view.ts'

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
  /** Forbidden calls of the user's program, those of the runtime before it left out. */
  calls: number
  incidents: number
  reason: string | null
  message: string | null
  startedAt: string
  finishedAt: string | null
}

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
    calls: forbiddenCalls(view),
    incidents: incidentsTotal,
    reason,
    message,
    startedAt,
    finishedAt,
  }
}

function forbiddenCalls({ calls }: ContainerView): number {
  const forbidden = calls.filter(({ phase, verdict }) => phase === 'run' && verdict !== 'allow')
  return forbidden.reduce((sum, { count }) => sum + count, 0)
}

/** Newest first; ISO times in UTC sort as text. */
export function newestFirst<T extends { startedAt: string }>(containers: readonly T[]): T[] {
  return containers.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0))
}
