/** What changes a container; see access.ts for who may. */

import { Hono } from 'hono'
import type { PolicyChange } from '../../config/policy-change.ts'
import { readJson } from '../body-json.ts'
import { findContainer } from '../find.ts'
import { readQuery } from '../parameters.ts'
import { HttpProblem, isRefusal } from '../problem.ts'
import type { DaemonSource } from '../source.ts'
import { detailOf } from './containers.ts'

export function changeRoutes(source: DaemonSource): Hono {
  return new Hono()
    .post('/v1/containers/:id/stop', async c => {
      const key = keyOf(source, c.req.url, c.req.param('id'))
      return c.json(detailOf(source, await refusable(() => source.stopContainer(key))))
    })
    .patch('/v1/containers/:id/policy', async c => {
      const key = keyOf(source, c.req.url, c.req.param('id'))
      // Checked by the daemon, as its configuration is.
      const change = (await readJson(c.req.raw)) as PolicyChange
      return c.json(detailOf(source, await refusable(() => source.changePolicy(key, change))))
    })
}

function keyOf(source: DaemonSource, url: string, wanted: string): string {
  readQuery(new URL(url).searchParams, {})
  return findContainer(source, wanted).key
}

/** What the daemon refuses is an answer; what else it throws is a defect. */
async function refusable<T>(act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof Error && 'code' in error && isRefusal(error.code))
      throw new HttpProblem(error.code, error.message)
    throw error
  }
}
