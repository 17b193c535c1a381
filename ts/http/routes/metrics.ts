/** What Prometheus scrapes. */

import { Hono } from 'hono'
import type { DaemonSource } from '../source.ts'

export function metricsRoutes(source: DaemonSource): Hono {
  return new Hono().get('/metrics', async c => {
    const { type, body } = await source.metricsText(c.req.header('Accept'))
    return c.body(body, 200, { 'Content-Type': type })
  })
}
