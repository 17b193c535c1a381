/** PURE: what a recorded run added, in sentences. */

import type { Purpose } from '../record-file.ts'
import type { Novelty, Seen } from '../recording.ts'

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
  const names = calls.map(({ syscall, abi }) => `${syscall} (${abi})`)
  const wider = values.map(each => `${each.syscall} with ${each.values.join(' and ') || 'any value'}`)
  return `${runs} runs recorded; this one added ${[...names, ...wider].join(', ')}`
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
