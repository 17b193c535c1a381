/** PURE: what a recorded run added, in sentences. */

import type { Purpose } from '../record-file.ts'
import type { CallCount } from '../container-view.ts'
import type { Phase } from '../phases.ts'
import type { Novelty, Seen } from '../recording.ts'
import { formatAge } from './format.ts'

/** Requests of ioctl are kept whether the profile tells them apart or not. */
export function describeNovelty(
  { calls, values: all }: Novelty,
  { runs }: Seen,
  { ioctlRequests }: Pick<Purpose, 'ioctlRequests'>,
): string {
  const values = all.filter(({ syscall }) => ioctlRequests || syscall !== 'ioctl')
  // All of a first run is new.
  if (runs === 1) return '1 run recorded'
  if (calls.length + values.length === 0) return `${runs} runs recorded; this one added nothing`
  return `${runs} runs recorded; this one added ${noveltyTexts({ calls, values }).join(', ')}`
}

/** What a run added, one text each: `mkdir (x86_64)`, `socket with 2 and 10`. */
export function noveltyTexts({ calls, values }: Novelty): string[] {
  const names = calls.map(({ syscall, abi }) => `${syscall} (${abi})`)
  return [...names, ...values.map(each => `${each.syscall} with ${each.values.join(' and ') || 'any value'}`)]
}

export function describeGaps(
  { nameless, newer }: { nameless: string[]; newer: string[] },
  libseccomp: string,
): string[] {
  return [
    ...nameless.map(call => `${call} has no name, so no profile can allow it; it is not written`),
    ...newer.map(
      name =>
        `${name} is newer than libseccomp ${libseccomp}; runtimes that use one this old pass over it, and deny it`,
    ),
  ]
}

const PHASES: Record<Phase, string> = {
  start: 'at the start',
  steady: 'between start and end',
  end: 'at the end',
}

/** Which calls all runs made in one phase only. */
export function describePhases({ calls }: Seen): string[] {
  return Object.entries(PHASES).flatMap(([phase, when]) => {
    const names = [...new Set(calls.filter(({ only }) => only === phase).map(({ syscall }) => syscall))]
    return names.length === 0 ? [] : `only ${when}: ${names.join(', ')}`
  })
}

/** How a run goes that is not over: whether it still shows anything new. */
export function describeProgress(calls: readonly CallCount[], nowMs: number): string {
  const total = calls.reduce((sum, { count }) => sum + count, 0)
  const newest = calls.toSorted((a, b) => Date.parse(b.firstAt) - Date.parse(a.firstAt))[0]
  const last =
    newest && `; the last new one was ${newest.syscall}, ${formatAge(nowMs - Date.parse(newest.firstAt))} ago`
  return `recording: ${total} calls so far, ${calls.length} different ones${last ?? ''}`
}
