/** PURE. A change of one container's policy, checked as the configuration is. */

import * as v from 'valibot'
import { NotifydError } from '../errors.ts'
import { formatDuration } from './duration.ts'
import { policyKinds } from './policy-kinds.ts'
import type { Policy } from './schema.ts'
import { section } from './setting.ts'

const { action, answer, ignore, probes, debounce } = policyKinds

const changeSchema = section({
  action: v.optional(action.schema),
  answer: v.optional(answer.schema),
  ignore: v.optional(ignore.schema),
  probes: v.optional(probes.schema),
  debounce: v.optional(debounce.schema),
})

/** What is to be different; settings that are left out stay as they are. Durations are written as in the configuration. */
export type PolicyChange = v.InferInput<typeof changeSchema>

export type ChangedPolicy = Partial<Pick<Policy, 'action' | 'answer' | 'ignore' | 'probes' | 'debounceMs'>>

/** @throws NotifydError `ERR_POLICY` */
export function parsePolicyChange(input: unknown, { maxDelayMs }: Policy): ChangedPolicy {
  const result = v.safeParse(changeSchema, input)
  if (!result.success) throw refusal(result.issues.map(problemOf).join('; '))
  const { debounce: debounceMs, ...rest } = result.output
  const given = Object.entries({ ...rest, debounceMs }).filter(([, value]) => value !== undefined)
  if (given.length === 0) throw refusal('it names no setting; accepted: action, answer, ignore, probes, debounce')
  if (debounceMs !== undefined && debounceMs > maxDelayMs) {
    const most = formatDuration(maxDelayMs)
    throw refusal(
      `debounce: ${formatDuration(debounceMs)} is longer than the container's maxDelay; the most is ${most}`,
    )
  }
  return Object.fromEntries(given)
}

function problemOf({ path, message }: v.BaseIssue<unknown>): string {
  const where = (path ?? []).map(({ key }) => String(key).slice(0, 64)).join('.')
  return where === '' ? message : `${where}: ${message}`
}

function refusal(problem: string): NotifydError {
  return new NotifydError('ERR_POLICY', `the policy was not changed: ${problem}`)
}
