/** Containers, running and remembered. */

import { Hono } from 'hono'
import type { ContainerView } from '../../container-view.ts'
import { findContainer } from '../find.ts'
import { listContainers, listParameters } from '../listing.ts'
import { readQuery } from '../parameters.ts'
import { patchOf } from '../profile-patch.ts'
import type { DaemonSource } from '../source.ts'
import { newestFirst } from '../summary.ts'

/** Another start of the same id, in the same namespace. */
export type Incarnation = Pick<ContainerView, 'key' | 'state' | 'startedAt'>

export interface ContainerDetail extends ContainerView {
  /** Newest first. */
  otherIncarnations: Incarnation[]
}

export function containerRoutes(source: DaemonSource): Hono {
  return new Hono()
    .get('/v1/containers', c => c.json(listContainers(source.containers(), query(c.req.url, listParameters))))
    .get('/v1/containers/:id', c => {
      query(c.req.url, {})
      return c.json(detailOf(source, findContainer(source, c.req.param('id'))))
    })
    .get('/v1/containers/:id/profile', c => {
      query(c.req.url, {})
      return c.json(patchOf(findContainer(source, c.req.param('id'))))
    })
}

function query<P extends Parameters<typeof readQuery>[1]>(url: string, parameters: P) {
  return readQuery(new URL(url).searchParams, parameters)
}

export function detailOf(source: DaemonSource, view: ContainerView): ContainerDetail {
  const others = source
    .containers()
    .filter(({ id, key, namespace }) => id === view.id && key !== view.key && namespace === view.namespace)
  const otherIncarnations = newestFirst(others).map(({ key, state, startedAt }) => ({ key, state, startedAt }))
  return { ...view, otherIncarnations }
}
