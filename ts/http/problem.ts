/** Every refusal of the HTTP interface, as problem details (RFC 9457). */

/** Stable: clients may test `code`. */
export const problems = {
  ERR_BAD_QUERY: { status: 400, title: 'Bad Request' },
  ERR_BAD_BODY: { status: 400, title: 'Bad Request' },
  ERR_POLICY: { status: 400, title: 'Bad Request' },
  ERR_TOKEN: { status: 401, title: 'Unauthorized' },
  ERR_HOST: { status: 403, title: 'Forbidden' },
  ERR_ORIGIN: { status: 403, title: 'Forbidden' },
  ERR_READ_ONLY: { status: 403, title: 'Forbidden' },
  ERR_NO_CONTAINER: { status: 404, title: 'Not Found' },
  ERR_NO_RECORDING: { status: 404, title: 'Not Found' },
  ERR_NO_ROUTE: { status: 404, title: 'Not Found' },
  ERR_METHOD: { status: 405, title: 'Method Not Allowed' },
  ERR_AMBIGUOUS: { status: 409, title: 'Conflict' },
  ERR_NOT_RUNNING: { status: 409, title: 'Conflict' },
  ERR_NOT_STOPPABLE: { status: 409, title: 'Conflict' },
  ERR_BODY: { status: 413, title: 'Content Too Large' },
  ERR_MEDIA_TYPE: { status: 415, title: 'Unsupported Media Type' },
  ERR_TOO_MANY_ATTEMPTS: { status: 429, title: 'Too Many Requests' },
  ERR_TOO_MANY_REQUESTS: { status: 429, title: 'Too Many Requests' },
  ERR_INTERNAL: { status: 500, title: 'Internal Server Error' },
  ERR_STOP_FAILED: { status: 500, title: 'Internal Server Error' },
  ERR_NOT_READY: { status: 503, title: 'Service Unavailable' },
  ERR_TOO_MANY_STREAMS: { status: 503, title: 'Service Unavailable' },
} as const

export type ProblemCode = keyof typeof problems

/** Codes with which the daemon refuses a change; it has the same for callers of the library. */
const REFUSALS = ['ERR_NO_CONTAINER', 'ERR_NOT_RUNNING', 'ERR_NOT_STOPPABLE', 'ERR_POLICY', 'ERR_STOP_FAILED'] as const

export function isRefusal(code: unknown): code is (typeof REFUSALS)[number] {
  return REFUSALS.some(known => known === code)
}

export interface ProblemBody {
  type: 'about:blank'
  title: string
  status: number
  detail: string
  code: ProblemCode
}

/** Thrown by a route; the application answers with it. */
export class HttpProblem extends Error {
  readonly code: ProblemCode

  constructor(code: ProblemCode, detail: string) {
    super(detail)
    this.code = code
  }
}

export function problemResponse(code: ProblemCode, detail: string, headers: Record<string, string> = {}): Response {
  const { status, title } = problems[code]
  const body: ProblemBody = { type: 'about:blank', title, status, detail, code }
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers },
  })
}

/** The cause of an unexpected error stays out of the answer: it may hold paths of the host. */
export function errorResponse(error: unknown): Response {
  if (error instanceof HttpProblem) return problemResponse(error.code, error.message)
  return problemResponse('ERR_INTERNAL', "the request failed; the daemon's log has the cause")
}
