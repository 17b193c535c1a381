/** The HTTP interface as a function from request to response: no port, no globals. */

import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { errorResponse, HttpProblem, problemResponse } from './problem.ts'
import { containerRoutes } from './routes/containers.ts'
import { healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import type { DaemonSource } from './source.ts'

/** `report` gets errors that are ours, not the client's. */
export function createApp(source: DaemonSource, report: (error: Error) => void = () => {}): Hono {
  const app = new Hono()
    .use(secureHeaders)
    .use(readOnly)
    .route('/', healthRoutes(source))
    .route('/', metricsRoutes(source))
    .route('/', containerRoutes(source))
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
