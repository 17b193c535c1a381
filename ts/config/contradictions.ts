/** PURE. What is wrong between settings that are each right. */

import { formatDuration } from './duration.ts'
import type { Config } from './schema.ts'

export interface Contradiction {
  path: string[]
  text: string
}

export function contradictions({ policy, http, listener }: Config): Contradiction[] {
  const found: Contradiction[] = []
  if (policy.maxDelayMs < policy.debounceMs) {
    const least = formatDuration(policy.debounceMs)
    found.push({
      path: ['policy', 'maxDelay'],
      text: `${formatDuration(policy.maxDelayMs)} is shorter than policy.debounce; the least is ${least}`,
    })
  }
  if (http.socket === listener.socket) {
    found.push({ path: ['http', 'socket'], text: 'is the path of listener.socket too; give each its own' })
  }
  return found
}
