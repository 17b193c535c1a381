/** PURE: the container that a path names. */

import type { ContainerView } from '../container-view.ts'
import { HttpProblem } from './problem.ts'
import type { DaemonSource } from './source.ts'
import { newestFirst } from './summary.ts'

/** Nobody types 64 digits. A few characters would find something by accident. */
const leastChars = 4
const mostShown = 5

/** By key, by the runtime's id, by name or what its pod calls it, or by the beginning of key or id: the first of these that finds any. */
export function findContainer(source: Pick<DaemonSource, 'containers' | 'container'>, wanted: string): ContainerView {
  const exact = source.container(wanted)
  if (exact?.key === wanted) return exact
  const all = newestFirst(source.containers())
  const view = byId(all, wanted) ?? byName(all, wanted) ?? byBeginning(all, wanted)
  if (view !== undefined) return view
  throw new HttpProblem('ERR_NO_CONTAINER', `no container has the id, name or key ${JSON.stringify(wanted)}`)
}

/** Two namespaces of containerd may have containers with one id. */
function byId(all: readonly ContainerView[], wanted: string): ContainerView | undefined {
  const found = all.filter(({ id }) => id === wanted)
  return theOne(found, `have the id ${JSON.stringify(wanted)}`)
}

function byName(all: readonly ContainerView[], wanted: string): ContainerView | undefined {
  const found = all.filter(({ name, podContainer }) => name === wanted || podContainer === wanted)
  return theOne(found, `are called ${JSON.stringify(wanted)}`)
}

/** The newest; one that still lives before all that have ended. */
function theOne(found: readonly ContainerView[], what: string): ContainerView | undefined {
  const living = found.filter(({ state }) => state === 'running' || state === 'stopping')
  const different = distinct(living)
  if (different.length < 2) return living[0] ?? found[0]
  const shown = different.map(({ key, namespace }) => (namespace === null ? key : `${key} (namespace ${namespace})`))
  throw ambiguous(`${different.length} containers ${what}`, shown)
}

function byBeginning(all: readonly ContainerView[], wanted: string): ContainerView | undefined {
  if (wanted.length < leastChars) return undefined
  const found = all.filter(({ id, key }) => id.startsWith(wanted) || key.startsWith(wanted))
  const ids = [...new Set(found.map(({ id }) => id))]
  if (ids.length < 2) return found[0]
  throw ambiguous(
    `${ids.length} ids begin with ${JSON.stringify(wanted)}`,
    ids.map(id => JSON.stringify(id)),
  )
}

/** One of each id and namespace: other starts of one container are the same to people. */
function distinct(views: readonly ContainerView[]): ContainerView[] {
  return [...new Map(views.map(view => [`${view.namespace}/${view.id}`, view])).values()]
}

function ambiguous(what: string, ones: readonly string[]): HttpProblem {
  const shown = ones.slice(0, mostShown).join(', ')
  return new HttpProblem('ERR_AMBIGUOUS', `${what}: ${shown}${ones.length > mostShown ? ', …' : ''}`)
}
