/** PURE: of each call, who made it and in which code: for people. */

import type { CallCount } from '../container-view.ts'
import type { CallDetail, CallSite } from '../detail.ts'
import { callerLine } from './detail.ts'
import { escapeText } from './format.ts'
import { whereLines } from './frames.ts'

type Told = Pick<CallCount, 'syscall' | 'detail' | 'sites'>

/** Nothing of calls by programs without names: what is left, offsets, is for tools, which find it in the JSON. */
export function describeCallers(calls: readonly Told[]): string[] {
  return calls.flatMap(call => callerLines(call, hasNames))
}

/** Of each site of a call the last that was looked at, or where no site is known the last of all. */
export function callerLines({ syscall, detail, sites = [] }: Told, shows: (detail: CallDetail) => boolean): string[] {
  const name = escapeText(syscall)
  if (sites.length === 0) return detail !== undefined && shows(detail) ? linesOf(name, detail) : []
  return sites.flatMap((site, index) =>
    shows(site.detail) ? linesOf(name, site.detail, sites.length > 1 ? note(site, index + 1, sites.length) : '') : [],
  )
}

function linesOf(syscall: string, detail: CallDetail, text = ''): string[] {
  return [callerLine(syscall, detail) + text, ...whereLines(detail).map(line => `  ${line}`)]
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
