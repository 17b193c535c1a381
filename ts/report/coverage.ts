/** PURE: how much of a profile's denials is seen, in words. */

import type { CoverageReport, UnseenCall } from '../native.ts'
import { formatTable } from './format.ts'

/** A table of ABIs, then what is not seen and why. */
export function describeCoverage({ abis, unseen, asked, limits }: CoverageReport): string {
  const rows = abis.map(({ abi, denied, seen }) => [abi, String(denied), String(seen)])
  const sections = [
    formatTable(['ABI', 'DENIED CALLS', 'SEEN'], rows),
    ...unseenSections(unseen),
    ...section('asked about even where allowed (they fail with ENOSYS without the daemon)', asked),
    ...section('never observable', limits),
  ]
  return sections.join('\n')
}

/** Calls with one reason together. */
function unseenSections(unseen: readonly UnseenCall[]): string[] {
  const reasons = new Map<string, string[]>()
  for (const { abi, syscall, reason } of unseen) {
    reasons.set(reason, [...(reasons.get(reason) ?? []), `${syscall} (${abi})`])
  }
  return [...reasons].flatMap(([reason, calls]) => section(`not seen: ${reason}`, calls))
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:\n${lines.map(line => `  ${line}\n`).join('')}`]
}
