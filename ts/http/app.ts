/** The HTTP interface as a function from request to response: no port, no globals. */

import { Hono } from 'hono'
import { createAccess, type Refuse } from './access.ts'
import { createFeed, type Feed } from './events/feed.ts'
import { methods, ownOrigin, rateLimit, secureHeaders, type Surroundings } from './guards.ts'
import { errorResponse, HttpProblem, problemResponse } from './problem.ts'
import { changeRoutes } from './routes/changes.ts'
import { containerRoutes } from './routes/containers.ts'
import { dashboardRoutes } from './routes/dashboard.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { openApiRoutes } from './routes/openapi.ts'
import { recordingRoutes } from './routes/recordings.ts'
import type { Rate } from './rate.ts'
import type { DaemonSource } from './source.ts'

export interface AppOptions {
  /** Gets errors that are ours, not the client's. */
  report?: (error: Error) => void
  /** Made of the source where none is given; whoever gives one can end its streams. */
  feed?: Feed
  /** Who may change something; without it, the unix socket alone. */
  refuse?: Refuse
  /** How often one address may ask; without it, as often as it likes. */
  rate?: Rate
  /** Monotonic. */
  nowMs?: () => number
}

export function createApp(source: DaemonSource, options: AppOptions = {}): Hono<Surroundings> {
  const { report = () => {}, feed = createFeed(source), refuse = createAccess(undefined) } = options
  const { rate, nowMs = () => performance.now() } = options
  const app = new Hono<Surroundings>()
    .use(secureHeaders)
    .use(rateLimit(rate, nowMs))
    .use(ownOrigin)
    .use(methods(refuse))
    .route('/', dashboardRoutes())
    .route('/', healthRoutes(source))
    .route('/', metricsRoutes(source))
    .route('/', openApiRoutes())
    .route('/', containerRoutes(source))
    .route('/', changeRoutes(source))
    .route('/', recordingRoutes(source))
    .route('/', eventRoutes(feed))
  app.notFound(c => problemResponse('ERR_NO_ROUTE', `nothing is at ${c.req.path}`))
  app.onError(error => {
    if (!(error instanceof HttpProblem)) report(error)
    return errorResponse(error)
  })
  return app
}
