/** What stands before every route: headers of every answer, and the refusal of what nobody may do. */

import { createMiddleware } from 'hono/factory'
import type { Refuse, Via } from './access.ts'
import { methodsAt, READING, WITH_BODY } from './methods.ts'
import { isForeign } from './origin.ts'
import { problemResponse } from './problem.ts'
import { UNLIMITED, type Rate } from './rate.ts'

/** What the server tells of a request. */
export interface Surroundings {
  Bindings: {
    via?: Via
    /** Address of a client over TCP. */
    client?: string | undefined
  }
}

/** For answers that are data; a page brings a policy of its own. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'"

export const secureHeaders = createMiddleware(async (c, next) => {
  await next()
  c.header('X-Content-Type-Options', 'nosniff')
  if (!c.res.headers.has('Content-Security-Policy')) c.header('Content-Security-Policy', NOTHING)
  c.header('Cache-Control', 'no-store')
})

export function rateLimit(rate: Rate | undefined, nowMs: () => number) {
  return createMiddleware<Surroundings>(async (c, next) => {
    const client = (c.env as Surroundings['Bindings'] | undefined)?.client
    if (rate === undefined || client === undefined || UNLIMITED.includes(c.req.path)) return next()
    const waitMs = rate.take(client, nowMs())
    return waitMs === 0 ? next() : tooMany(Math.ceil(waitMs / 1000))
  })
}

function tooMany(seconds: number): Response {
  const wait = { 'Retry-After': String(seconds) }
  return problemResponse(
    'ERR_TOO_MANY_REQUESTS',
    'this address asks too often; the unix socket has no such limit',
    wait,
  )
}

export const ownOrigin = createMiddleware(async (c, next) => {
  if (!isForeign(c.req.raw.headers)) return next()
  return problemResponse('ERR_ORIGIN', 'a page of another origin may not ask here')
})

export function methods(refuse: Refuse) {
  return createMiddleware<Surroundings>(async (c, next) => {
    const { method, path } = c.req
    const accepted = methodsAt(path)
    if (!accepted.includes(method)) return notAccepted(method, accepted)
    const refused = READING.includes(method) ? undefined : refuse(viaOf(c.env), c.req.header('Authorization'))
    if (refused !== undefined) return refused
    return method !== WITH_BODY && hasBody(c.req.raw.headers) ? noBody() : next()
  })
}

/** A server passes its surroundings; where there are none, nothing is known of the sender. */
function viaOf(surroundings: Surroundings['Bindings'] | undefined): Via {
  return surroundings?.via ?? 'tcp'
}

function notAccepted(method: string, accepted: string[]): Response {
  const list = accepted.join(', ')
  return problemResponse('ERR_METHOD', `${method} is not accepted; accepted: ${list}`, { Allow: list })
}

function noBody(): Response {
  return problemResponse('ERR_BODY', 'a body is not accepted', { Connection: 'close' })
}

function hasBody(headers: Headers): boolean {
  return headers.has('Transfer-Encoding') || Number(headers.get('Content-Length') ?? 0) !== 0
}
