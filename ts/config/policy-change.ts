/** PURE. A change of one container's policy, checked as the configuration is. */

import * as v from 'valibot'
import { NotifydError } from '../errors.ts'
import { formatDuration } from './duration.ts'
import { policyKinds } from './policy-kinds.ts'
import type { Policy } from './schema.ts'
import { section } from './setting.ts'

const { action, answer, errno, ignore, probes, debounce, maxDelay } = policyKinds

const changeSchema = section({
  action: v.optional(action.schema),
  answer: v.optional(answer.schema),
  errno: v.optional(errno.schema),
  ignore: v.optional(ignore.schema),
  probes: v.optional(probes.schema),
  debounce: v.optional(debounce.schema),
  maxDelay: v.optional(maxDelay.schema),
})

/** What is to be different; settings that are left out stay as they are. Durations are written as in the configuration. */
export type PolicyChange = v.InferInput<typeof changeSchema>

/** The times of the container's policy as it is. */
type Bounds = Pick<Policy, 'debounceMs' | 'maxDelayMs'>

/** @throws NotifydError `ERR_POLICY` */
export function parsePolicyChange(input: unknown, before: Bounds): Partial<Policy> {
  const result = v.safeParse(changeSchema, input)
  if (!result.success) throw refusal(result.issues.map(problemOf).join('; '))
  const { debounce: debounceMs, maxDelay: maxDelayMs, ...rest } = result.output
  const given = Object.entries({ ...rest, debounceMs, maxDelayMs }).filter(([, value]) => value !== undefined)
  if (given.length === 0) throw refusal(`it names no setting; accepted: ${Object.keys(policyKinds).join(', ')}`)
  const change: Partial<Policy> = Object.fromEntries(given)
  refuseUnreachable(change, before)
  return change
}

/** A debounce beyond the bound would never be waited for. Whichever was changed is the one that is wrong. */
function refuseUnreachable(change: Partial<Bounds>, before: Bounds): void {
  const { debounceMs = before.debounceMs, maxDelayMs = before.maxDelayMs } = change
  if (debounceMs <= maxDelayMs || (change.debounceMs ?? change.maxDelayMs) === undefined) return
  const [least, most] = [formatDuration(debounceMs), formatDuration(maxDelayMs)]
  throw refusal(
    change.debounceMs === undefined
      ? `maxDelay: ${most} is shorter than the container's debounce; the least is ${least}`
      : `debounce: ${least} is longer than the container's maxDelay; the most is ${most}`,
  )
}

function problemOf({ path, message }: v.BaseIssue<unknown>): string {
  const where = (path ?? []).map(({ key }) => String(key).slice(0, 64)).join('.')
  return where === '' ? message : `${where}: ${message}`
}

function refusal(problem: string): NotifydError {
  return new NotifydError('ERR_POLICY', `the policy was not changed: ${problem}`)
}
