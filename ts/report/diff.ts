/** PURE: what two profiles do differently, in words. */

import type { ChangedCall, ChangedSetting, ProfileDifference } from '../native.ts'
import { escapeText, formatTable } from './format.ts'

/** Names of both profiles, as they were given. */
export interface Sides {
  before: string
  after: string
}

/** One row for each call and pair of verdicts; ABIs with the same change share a row. Empty where all calls agree. */
export function describeDifference({ abis }: ProfileDifference, sides: Sides): string {
  const rows = new Map<string, { abis: string[]; cells: string[] }>()
  for (const { abi, changes } of abis) {
    for (const change of changes) {
      const cells = [change.syscall ?? '(no name)', change.before, change.after, whereOf(change)]
      const key = cells.join('\0')
      rows.set(key, { cells, abis: [...(rows.get(key)?.abis ?? []), abi] })
    }
  }
  const sorted = [...rows.values()].toSorted((a, b) => compare(a.cells[0], b.cells[0]))
  const table = sorted.map(row => [...row.cells.slice(0, 3), row.abis.join(' '), ...row.cells.slice(3)])
  const lines = abis.flatMap(changed => lonely(changed, sides) ?? [])
  return (table.length === 0 ? '' : formatTable(headerOf(sides), table)) + lines.join('')
}

/** What is to be known beside the calls, one sentence each. */
export function notesOn({ settings, sampled, warnings }: ProfileDifference, sides: Sides): string[] {
  return [
    ...warnings.before.map(text => `${sides.before}: ${text}`),
    ...warnings.after.map(text => `${sides.after}: ${text}`),
    ...settings.map(setting => differing(setting, sides)),
    ...sampled.map(call => `${call}: not all combinations of arguments were tried; no difference was found`),
  ]
}

function headerOf({ before, after }: Sides): string[] {
  return ['CALL', escapeText(before), escapeText(after), 'ABI', 'WHERE']
}

function whereOf({ extent, conditions, example }: ChangedCall): string {
  if (extent === 'always') return 'always'
  if (extent === 'some') return `for some arguments, such as (${example.join(', ')})`
  return conditions.map(list => list.join(' and ')).join(', or ')
}

function lonely(
  { abi, onlyIn, otherVerdict = '' }: ProfileDifference['abis'][number],
  sides: Sides,
): string | undefined {
  if (onlyIn === undefined) return undefined
  const [has, lacks] = onlyIn === 'before' ? [sides.before, sides.after] : [sides.after, sides.before]
  return `${abi}: only ${escapeText(has)} lists it; under ${escapeText(lacks)} each of its calls meets ${otherVerdict}\n`
}

function differing({ field, before, after }: ChangedSetting, sides: Sides): string {
  return `${field}, which changes no verdict: ${shown(before)} in ${sides.before}, ${shown(after)} in ${sides.after}`
}

function shown(value: string | undefined): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}
