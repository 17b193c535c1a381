/** PURE: of each call, who made it and in which code: for people. */

import type { CallCount } from '../container-view.ts'
import type { CallDetail, CallSite } from '../detail.ts'
import { callerLine } from './detail.ts'
import { escapeText } from './format.ts'
import { whereLines } from './frames.ts'

type Told = Pick<CallCount, 'syscall' | 'detail' | 'sites'>

type Choice = (detail: CallDetail) => boolean

/** Nothing of calls by programs without names: what is left, offsets, is for tools, which find it in the JSON. */
export function describeCallers(calls: readonly Told[]): string[] {
  return calls.flatMap(call => callerLines(call, hasNames))
}

/** Who made each call and with what, and in which code where that has names. */
export function describeAllCallers(calls: readonly Told[]): string[] {
  return calls.flatMap(call => callerLines(call, wasRead, hasNames))
}

function wasRead({ missing }: CallDetail): boolean {
  return missing === null
}

/** Of each site of a call the last that was looked at, or where no site is known the last of all. */
export function callerLines(
  { syscall, detail, sites = [] }: Told,
  shows: Choice,
  showsCode: Choice = () => true,
): string[] {
  const name = escapeText(syscall)
  if (sites.length === 0) return detail !== undefined && shows(detail) ? linesOf(name, detail, showsCode) : []
  return sites.flatMap((site, index) =>
    shows(site.detail)
      ? linesOf(name, site.detail, showsCode, sites.length > 1 ? note(site, index + 1, sites.length) : '')
      : [],
  )
}

function linesOf(syscall: string, detail: CallDetail, showsCode: Choice, text = ''): string[] {
  const code = showsCode(detail) ? whereLines(detail) : []
  return [callerLine(syscall, detail) + text, ...code.map(line => `  ${line}`)]
}

/** `  [site 1 of 3, 2 calls]`; a count that is not known is not guessed. */
function note({ count, looks }: CallSite, number: number, of: number): string {
  const counted = count === null ? `${inWords(looks)} looked at` : inWords(count)
  return `  [site ${number} of ${of}, ${counted}]`
}

function inWords(count: number): string {
  return count === 1 ? '1 call' : `${count} calls`
}

/** Whether a function of the program itself has one; those of the C library nearly always do. */
function hasNames({ exe, frames }: CallDetail): boolean {
  return frames.some(frame => frame.module === exe && frame.function !== null)
}
