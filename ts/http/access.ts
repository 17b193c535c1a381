/** Who may change something: whoever opens the unix socket, and over TCP whoever has the operator's token. */

import { createAttempts } from './attempts.ts'
import { problemResponse } from './problem.ts'
import type { CheckToken } from './token.ts'

/** How a request came; TCP where nothing is told. */
export type Via = 'unix' | 'tcp'

/** The refusal of a change; undefined: it is permitted. */
export type Refuse = (via: Via, authorization: string | undefined) => Response | undefined

const MOST_WRONG = 10
const WITHIN_MS = 60_000

export function createAccess(
  checkToken: CheckToken | undefined,
  nowMs: () => number = () => performance.now(),
): Refuse {
  const wrong = createAttempts(MOST_WRONG, WITHIN_MS)

  return (via, authorization) => {
    if (via === 'unix') return undefined
    if (checkToken === undefined) return readOnly()
    if (wrong.tooMany(nowMs())) return tooMany()
    const [, token] = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization ?? '') ?? []
    if (token !== undefined && checkToken(token)) return undefined
    if (token !== undefined) wrong.add(nowMs())
    return unknown()
  }
}

function readOnly(): Response {
  return problemResponse(
    'ERR_READ_ONLY',
    'TCP is read-only; use the unix socket (http.socket), or configure http.tokenFile and send its token',
  )
}

function unknown(): Response {
  return problemResponse('ERR_TOKEN', 'the token of http.tokenFile is missing or wrong', {
    'WWW-Authenticate': 'Bearer realm="seccomp-notifyd"',
  })
}

function tooMany(): Response {
  const seconds = WITHIN_MS / 1000
  return problemResponse('ERR_TOO_MANY_ATTEMPTS', `${MOST_WRONG} wrong tokens came within ${seconds} s; wait`, {
    'Retry-After': `${seconds}`,
  })
}
