/** Answered calls as they come, as server-sent events. */

import { Hono } from 'hono'
import { bodyOf } from '../events/body.ts'
import type { Feed } from '../events/feed.ts'
import { parseFilter } from '../events/filter.ts'
import { HttpProblem } from '../problem.ts'

/** A proxy that gathers an answer before it passes it on would show nothing for long. */
const HEADERS = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no', Connection: 'close' }

export function eventRoutes(feed: Feed): Hono {
  return new Hono().get('/v1/events', c => {
    const filter = parseFilter(new URL(c.req.url).searchParams)
    if (c.req.raw.method === 'HEAD') return c.body(null, 200, HEADERS)
    const client = feed.join(filter, c.req.header('Last-Event-ID'))
    if (client === undefined) throw full(feed)
    return c.body(bodyOf(client, feed), 200, HEADERS)
  })
}

function full({ limits }: Feed): HttpProblem {
  return new HttpProblem('ERR_TOO_MANY_STREAMS', `${limits.clients} clients read events already; end one of them`)
}
