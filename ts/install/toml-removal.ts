/** PURE: what is taken out of a TOML text. */

import { lineEndAt, lineStartAt } from './line-ends.ts'
import { isBelow, readToml, type Table } from './toml-document.ts'
import { ADDED } from './toml-text.ts'
import type { Path } from './tree.ts'

type Range = readonly [from: number, to: number]

/** Whole lines of the keys and tables that are at the path or below it; a table of ours goes with its last key. */
export function removeToml(text: string, path: Path): string {
  const ranges = readToml(text).tables.flatMap(table => rangesIn(text, table, path))
  return ranges.toReversed().reduce((rest, [from, to]) => rest.slice(0, from) + rest.slice(to), text)
}

function rangesIn(text: string, table: Table, path: Path): Range[] {
  const { path: found, node, keys } = table
  const gone = keys.filter(key => isBelow(key.path, path)).map(key => key.node.range)
  if (node.type === 'TOMLTable') {
    const [start, end] = [lineStartAt(text, node.range[0]), lineEndAt(text, (keys.at(-1)?.node ?? node.key).range[1])]
    const noted = startWithNote(text, start)
    const isOurs = noted < start && keys.length > 0 && gone.length === keys.length
    if (isOurs || isBelow(found, path)) return [[noted, end]]
  }
  return gone.map(([from, to]) => [lineStartAt(text, from), lineEndAt(text, to)])
}

/** With the line above that says whose it is, and the empty one before that. */
function startWithNote(text: string, start: number): number {
  const above = lineStartAt(text, start - 1)
  if (text.slice(above, start).trim() !== ADDED) return start
  const empty = lineStartAt(text, above - 1)
  return above > 0 && text.slice(empty, above).trim() === '' ? empty : above
}
