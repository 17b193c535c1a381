/** What a history has of containers, and what became of those that the last daemon had not ended. */

import type { ContainerView } from './container-view.ts'
import { UNSUPERVISED_MESSAGE } from './containers.ts'
import { readJournal, type Loaded } from './journal.ts'

export interface Kept {
  /** Keys of containers with which this daemon goes on. */
  resumed?: ReadonlySet<string>
  /** Keys of containers that have ended while no daemon ran. */
  ended?: ReadonlySet<string>
}

export interface Past extends Loaded {
  /** Those that nobody supervises any more. */
  orphaned: ContainerView[]
}

const FINISHED = new Set(['stopped', 'exited', 'unsupervised'])
const GONE = { listeners: 0, openIncident: null, survivesRestart: false }

export function loadPast(path: string, { resumed, ended, nowMs }: Kept & { nowMs: number }): Past {
  const { views, skipped } = readJournal(path)
  for (const key of resumed ?? []) views.delete(key)
  const left = [...views.values()].filter(({ state }) => !FINISHED.has(state))
  const hasEnded = ({ key }: ContainerView) => ended?.has(key) === true
  const orphaned = left.filter(view => !hasEnded(view)).map(orphan)
  const exited = left.filter(hasEnded).map(view => exitedUnseen(view, nowMs))
  for (const view of [...exited, ...orphaned]) views.set(view.key, view)
  return { views, skipped, orphaned }
}

/** Its end is when it was found out. */
function exitedUnseen(view: ContainerView, nowMs: number): ContainerView {
  return { ...view, ...GONE, state: 'exited', finishedAt: new Date(nowMs).toISOString() }
}

/** Its daemon ended without handing it over. */
function orphan(view: ContainerView): ContainerView {
  return { ...view, ...GONE, state: 'unsupervised', message: UNSUPERVISED_MESSAGE }
}
