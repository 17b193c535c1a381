/** The denied calls of a report that `run` or `verify` wrote, but for a libc's questions, which it does without. */

import { readFileSync } from 'node:fs'
import { array, number, object, optional, safeParse, string, union } from 'valibot'
import { NotifydError } from '../errors.ts'
import type { SeenCall } from '../native.ts'
import { isAllowed, LIBC_PROBES } from '../verdicts.ts'

const CALL = object({ syscall: string(), verdict: string(), args: optional(array(union([string(), number()]))) })
const REPORT = union([object({ denied: array(CALL) }), object({ calls: array(CALL) })])

export function readDeniedCalls(file: string): SeenCall[] {
  const found = safeParse(REPORT, parseJson(file))
  if (!found.success) {
    throw new NotifydError(
      'ERR_USAGE',
      `${file} is no report; accepted: what run --report or verify --format json wrote`,
    )
  }
  const calls = 'denied' in found.output ? found.output.denied : found.output.calls
  const denied = calls.filter(({ syscall, verdict }) => isDenial(verdict) && !isQuestion(verdict, syscall))
  return denied.map(({ syscall, args }) => (args === undefined ? { syscall } : { syscall, args: args.map(String) }))
}

function isDenial(verdict: string): boolean {
  return !isAllowed(verdict) && verdict !== 'notify' && verdict !== 'trace'
}

function isQuestion(verdict: string, syscall: string): boolean {
  return verdict === 'ENOSYS' && LIBC_PROBES.includes(syscall)
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new NotifydError('ERR_USAGE', `could not read the report ${file}`, { cause })
  }
}
