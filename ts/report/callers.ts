/** PURE: of each call, who made it and in which code: for people. */

import type { CallCount } from '../container-view.ts'
import type { CallDetail } from '../detail.ts'
import { callerLine } from './detail.ts'
import { escapeText } from './format.ts'
import { whereLines } from './frames.ts'

type Told = Pick<CallCount, 'syscall' | 'detail'>

/** Nothing of calls by programs without names: what is left, offsets, is for tools, which find it in the JSON. */
export function describeCallers(calls: readonly Told[]): string[] {
  return calls.flatMap(({ syscall, detail }) => {
    if (detail === undefined || !hasNames(detail)) return []
    return [callerLine(escapeText(syscall), detail), ...whereLines(detail).map(line => `  ${line}`)]
  })
}

/** Whether a function of the program itself has one; those of the C library nearly always do. */
function hasNames({ exe, frames }: CallDetail): boolean {
  return frames.some(frame => frame.module === exe && frame.function !== null)
}
