/** PURE: which containers a list holds, in which order, and which part of them is sent. */

import type { ContainerView } from '../container-view.ts'
import { ENGINES } from '../engine.ts'
import { oneOf, severalOf, someText, whole, type Values } from './parameters.ts'
import { containerStates, summarize, type ContainerList, type ContainerSummary } from './summary.ts'

const MOST = 9_999_999
/** Of a runtime alone. */
const NO_ENGINE = 'none'

export const listParameters = {
  state: severalOf('a state', containerStates, 'Only containers in these states.'),
  action: severalOf('an action', ['log', 'stop'], 'Only containers with these actions.'),
  name: someText('Only containers whose name or id contains this, upper and lower case alike.'),
  engine: severalOf('an engine', [...ENGINES, NO_ENGINE], 'Only containers of these engines.'),
  namespace: someText('Only containers in this namespace.'),
  pod: someText('Only containers of this pod.'),
  image: someText('Only containers whose image contains this.'),
  sort: oneOf('a member to sort by', ['started', 'calls', 'incidents', 'name', 'state'], 'What the order is made by.'),
  order: oneOf(
    'an order',
    ['auto', 'asc', 'desc'],
    'Names and states go up and the rest goes down, if not told otherwise.',
  ),
  limit: whole('a limit', 1, MOST, null, 'Most containers to send; without it, all.'),
  offset: whole('an offset', 0, MOST, 0, 'How many to leave out at the beginning.'),
}

export type ListQuery = Values<typeof listParameters>

export function listContainers(all: readonly ContainerView[], query: ListQuery): ContainerList {
  const { limit, offset } = query
  const found = all.filter(view => isTreated(view, query) && isNamed(view, query) && isFrom(view, query))
  const sorted = found.map(summarize).toSorted(comparison(query))
  return { containers: sorted.slice(offset, offset + limit), total: found.length }
}

function isTreated(view: ContainerView, { state, action }: ListQuery): boolean {
  return state.includes(view.state) && action.includes(view.action)
}

function isFrom(view: ContainerView, { engine, namespace, pod, image = '' }: ListQuery): boolean {
  if (!engine.includes(view.engine ?? NO_ENGINE) || !(view.image ?? '').includes(image)) return false
  return (namespace === undefined || view.namespace === namespace) && (pod === undefined || view.pod === pod)
}

function isNamed({ name, id }: ContainerView, { name: part }: ListQuery): boolean {
  const wanted = part?.toLowerCase()
  return wanted === undefined || name.toLowerCase().includes(wanted) || id.toLowerCase().includes(wanted)
}

type Compare = (a: ContainerSummary, b: ContainerSummary) => number

/** ISO times in UTC sort as text. */
const ASCENDING: Record<ListQuery['sort'], Compare> = {
  started: (a, b) => inOrder(a.startedAt, b.startedAt),
  calls: (a, b) => a.calls - b.calls,
  incidents: (a, b) => a.incidents - b.incidents,
  name: (a, b) => inOrder(a.name, b.name),
  state: (a, b) => inOrder(a.state, b.state),
}

/** Of equals the newest comes first, and then the order is that of the keys: a page never repeats what another has. */
function comparison({ sort, order }: ListQuery): Compare {
  const isAscending = order === 'auto' ? sort === 'name' || sort === 'state' : order === 'asc'
  const sign = isAscending ? 1 : -1
  return (a, b) => sign * ASCENDING[sort](a, b) || inOrder(b.startedAt, a.startedAt) || inOrder(a.key, b.key)
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
