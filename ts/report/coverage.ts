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

/** Calls with one reason together, each with its ABIs. */
function unseenSections(unseen: readonly UnseenCall[]): string[] {
  const reasons = grouped(unseen, ({ reason }) => reason)
  return [...reasons].flatMap(([reason, calls]) => {
    const names = [...grouped(calls, ({ syscall }) => syscall)]
    return section(
      `not seen: ${reason}`,
      names.map(([syscall, each]) => `${syscall} (${each.map(({ abi }) => abi).join(', ')})`),
    )
  })
}

/** Map.groupBy, which Node 20 does not have. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:\n${lines.map(line => `  ${line}\n`).join('')}`]
}
