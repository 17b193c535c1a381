/** The HTTP interface as a function from request to response: no port, no globals. */

import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { createFeed, type Feed } from './events/feed.ts'
import { errorResponse, HttpProblem, problemResponse } from './problem.ts'
import { containerRoutes } from './routes/containers.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import type { DaemonSource } from './source.ts'

export interface AppOptions {
  /** Gets errors that are ours, not the client's. */
  report?: (error: Error) => void
  /** Made of the source where none is given; whoever gives one can end its streams. */
  feed?: Feed
}

export function createApp(
  source: DaemonSource,
  { report = () => {}, feed = createFeed(source) }: AppOptions = {},
): Hono {
  const app = new Hono()
    .use(secureHeaders)
    .use(readOnly)
    .route('/', healthRoutes(source))
    .route('/', metricsRoutes(source))
    .route('/', containerRoutes(source))
    .route('/', eventRoutes(feed))
  app.notFound(c => problemResponse('ERR_NO_ROUTE', `nothing is at ${c.req.path}`))
  app.onError(error => {
    if (!(error instanceof HttpProblem)) report(error)
    return errorResponse(error)
  })
  return app
}

const secureHeaders = createMiddleware(async (c, next) => {
  await next()
  c.header('X-Content-Type-Options', 'nosniff')
  c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  c.header('Cache-Control', 'no-store')
})

const readOnly = createMiddleware(async (c, next) => {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    return problemResponse('ERR_METHOD', `${c.req.method} is not accepted; accepted: GET, HEAD`, { Allow: 'GET, HEAD' })
  }
  if (hasBody(c.req.raw.headers)) {
    return problemResponse('ERR_BODY', 'a body is not accepted', { Connection: 'close' })
  }
  return next()
})

function hasBody(headers: Headers): boolean {
  return headers.has('Transfer-Encoding') || Number(headers.get('Content-Length') ?? 0) !== 0
}
