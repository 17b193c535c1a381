/** PURE. What each setting of a policy accepts, in the configuration and in a change of a running container. */

import { duration, errnoName, listOf, oneOf, syscallName } from './kinds.ts'

export const policyKinds = {
  action: oneOf('an action', ['log', 'stop']),
  answer: oneOf('an answer', ['profile', 'continue']),
  errno: errnoName(),
  ignore: listOf(syscallName()),
  probes: oneOf('a treatment of probes', ['ignore', 'count']),
  debounce: duration(0),
  maxDelay: duration(0),
}
