/** PURE: the container that a path names. */

import type { ContainerView } from '../container-view.ts'
import { HttpProblem } from './problem.ts'
import type { DaemonSource } from './source.ts'
import { newestFirst } from './summary.ts'

/** Nobody types 64 digits. A few characters would find something by accident. */
const leastChars = 4

/** By key, by the runtime's id, or by the beginning of either. */
export function findContainer(source: Pick<DaemonSource, 'containers' | 'container'>, wanted: string): ContainerView {
  const view = source.container(wanted) ?? byBeginning(source.containers(), wanted)
  if (view !== undefined) return view
  throw new HttpProblem('ERR_NO_CONTAINER', `no container has the id or key ${JSON.stringify(wanted)}`)
}

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
