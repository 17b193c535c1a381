/** PURE. The denied calls of a report or of a container, but for a libc's questions, which it does without. */

import { array, number, object, optional, safeParse, string, union, type InferOutput } from 'valibot'
import type { SeenCall } from '../native.ts'
import { isAllowed, LIBC_PROBES } from '../verdicts.ts'

const CALL = object({
  syscall: string(),
  verdict: string(),
  count: optional(number()),
  args: optional(array(union([string(), number()]))),
  registers: optional(array(array(string()))),
})
const REPORT = union([object({ denied: array(CALL) }), object({ calls: array(CALL) })])

/** Of so many calls of a kind it is looked at with what they were made. */
const MOST_LOOKED_AT = 4

type Call = InferOutput<typeof CALL>

export interface DeniedCalls {
  seen: SeenCall[]
  /** How often each was called whose arguments are known of some calls only. */
  more: Map<string, number>
}

/**
 * Of a container whose profile is not known, what was only watched was denied too; whether the profile allows it is found out with its
 * text. Undefined for what neither `run`, nor `verify`, nor a daemon has written.
 */
export function deniedIn(report: unknown, ofContainer = false): DeniedCalls | undefined {
  const found = safeParse(REPORT, report)
  if (!found.success) return undefined
  const calls = 'denied' in found.output ? found.output.denied : found.output.calls
  const denied = calls.filter(
    ({ syscall, verdict }) =>
      (isDenial(verdict) || (ofContainer && verdict === 'notify')) && !isQuestion(verdict, syscall),
  )
  const known = denied.filter(({ registers = [], count = 0 }) => registers.length > 0 && count > MOST_LOOKED_AT)
  return {
    seen: denied.flatMap(seenOf),
    more: new Map(known.map(({ syscall, count = 0 }) => [syscall, count])),
  }
}

function seenOf({ syscall, args, registers = [] }: Call): SeenCall[] {
  if (args !== undefined) return [{ syscall, args: args.map(String) }]
  return registers.length === 0 ? [{ syscall }] : registers.map(each => ({ syscall, args: each }))
}

function isDenial(verdict: string): boolean {
  return !isAllowed(verdict) && verdict !== 'notify' && verdict !== 'trace'
}

function isQuestion(verdict: string, syscall: string): boolean {
  return verdict === 'ENOSYS' && LIBC_PROBES.includes(syscall)
}
