/** Containers, running and remembered. */

import { Hono } from 'hono'
import type { ContainerState, ContainerView } from '../../container-view.ts'
import { HttpProblem } from '../problem.ts'
import { badQuery, refuseUnknown, words } from '../query.ts'
import type { DaemonSource } from '../source.ts'
import { containerStates, newestFirst, summarize, type ContainerList } from '../summary.ts'

/** Another start of the same id. */
export type Incarnation = Pick<ContainerView, 'key' | 'state' | 'startedAt'>

export interface ContainerDetail extends ContainerView {
  /** Newest first. */
  otherIncarnations: Incarnation[]
}

interface Query {
  states: ContainerState[]
  limit: number
}

export function containerRoutes(source: DaemonSource): Hono {
  return new Hono()
    .get('/v1/containers', c => c.json(list(source.containers(), parseQuery(new URL(c.req.url).searchParams))))
    .get('/v1/containers/:id', c => c.json(detail(source, c.req.param('id'))))
}

function list(all: ContainerView[], { states, limit }: Query): ContainerList {
  const found = newestFirst(all.filter(({ state }) => states.includes(state)))
  return { containers: found.slice(0, limit).map(summarize), total: found.length }
}

function detail(source: DaemonSource, wanted: string): ContainerDetail {
  const all = source.containers()
  const view = source.container(wanted) ?? byBeginning(all, wanted)
  if (view === undefined)
    throw new HttpProblem('ERR_NO_CONTAINER', `no container has the id or key ${JSON.stringify(wanted)}`)
  const others = all.filter(({ id, key }) => id === view.id && key !== view.key)
  const otherIncarnations = newestFirst(others).map(({ key, state, startedAt }) => ({ key, state, startedAt }))
  return { ...view, otherIncarnations }
}

/** Nobody types 64 digits. A few characters would find something by accident. */
const leastChars = 4

function byBeginning(all: ContainerView[], wanted: string): ContainerView | undefined {
  if (wanted.length < leastChars) return undefined
  const found = newestFirst(all.filter(({ id, key }) => id.startsWith(wanted) || key.startsWith(wanted)))
  const ids = [...new Set(found.map(({ id }) => id))]
  if (ids.length < 2) return found[0]
  const shown = ids
    .slice(0, 5)
    .map(id => JSON.stringify(id))
    .join(', ')
  throw new HttpProblem(
    'ERR_AMBIGUOUS',
    `${ids.length} ids begin with ${JSON.stringify(wanted)}: ${shown}${ids.length > 5 ? ', …' : ''}`,
  )
}

const parameters = ['state', 'limit']

function parseQuery(query: URLSearchParams): Query {
  refuseUnknown(query, parameters)
  return { states: parseStates(query.getAll('state')), limit: parseLimit(query.get('limit')) }
}

function parseStates(given: string[]): ContainerState[] {
  if (given.length === 0) return [...containerStates]
  return words(given).map(word => {
    const state = containerStates.find(known => known === word)
    if (state === undefined) throw badQuery(`state: ${JSON.stringify(word)} is not a state`, containerStates.join(', '))
    return state
  })
}

function parseLimit(given: string | null): number {
  if (given === null) return Infinity
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given)
  throw badQuery(`limit: ${JSON.stringify(given)} is not a limit`, 'a whole number from 1 to 9999999')
}
