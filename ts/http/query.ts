/** PURE: what all queries have in common: parameters that are not known are refused, and so is what cannot be read. */

import { HttpProblem } from './problem.ts'

export function refuseUnknown(query: URLSearchParams, accepted: readonly string[]): void {
  const unknown = [...query.keys()].find(name => !accepted.includes(name))
  if (unknown === undefined) return
  const list = accepted.length === 0 ? 'none' : accepted.join(', ')
  throw badQuery(`${JSON.stringify(unknown.slice(0, 64))} is not a parameter`, list)
}

export function badQuery(text: string, accepted: string): HttpProblem {
  return new HttpProblem('ERR_BAD_QUERY', `${text}; accepted: ${accepted}`)
}
