/** PURE: TOML, edited where it stands. */

import { NotifydError } from '../errors.ts'
import type { Format } from './format.ts'
import { lineEndAt, lineEndOf, lineStartAt } from './line-ends.ts'
import { isAt, isBelow, readToml, type Key, type Table } from './toml-document.ts'
import { removeToml } from './toml-removal.ts'
import { ADDED, tomlLine, tomlKey, tomlTable, tomlValue } from './toml-text.ts'
import { isTree, type Path, type Tree, type Value } from './tree.ts'

export const toml: Format = { parse: text => readToml(text).tree, set, remove: removeToml, append, drop }

function set(text: string, path: Path, value: Value): string {
  const { tables } = readToml(text)
  const there = keyAt(tables, path)
  if (there !== undefined) return splice(text, there.node.value.range, quotedAs(text, there, value))
  if (isTree(value)) return addTable(text, path, value)
  const parent = path.slice(0, -1)
  const table = tables.find(({ path: found, node }) => isAt(found, parent) && isPlain(node)) ?? dotted(tables, parent)
  if (table === undefined) return addTable(text, parent, { [path.at(-1) ?? '']: value })
  return addLine(text, table, `${tomlKey(path.slice(table.path.length))} = ${tomlValue(value)}`)
}

function keyAt(tables: readonly Table[], path: Path): Key | undefined {
  return tables.flatMap(({ keys }) => keys).find(key => isAt(key.path, path))
}

/** Single quotes where they were, if the new value can stand in them. */
function quotedAs(text: string, { node }: Key, value: Value): string {
  const isLiteral =
    text.startsWith("'", node.value.range[0]) && typeof value === 'string' && /^[^'\p{Cc}]*$/u.test(value)
  return isLiteral ? `'${value}'` : tomlValue(value)
}

function isPlain(node: Table['node']): boolean {
  return node.type === 'TOMLTopLevelTable' || node.kind === 'standard'
}

/** A table that exists by keys with dots alone cannot have a header. */
function dotted(tables: readonly Table[], path: Path): Table | undefined {
  const isWithin = ({ path: found, keys }: Table) =>
    found.length < path.length && keys.some(key => key.path.length > path.length && isBelow(key.path, path))
  return tables.find(isWithin)
}

function addTable(text: string, path: Path, table: Tree): string {
  const end = lineEndOf(text)
  const before = text === '' ? '' : ended(text) + end
  const lines = path.length === 0 ? Object.entries(table).map(tomlLine) : [ADDED, ...tomlTable(path, table)]
  return before + lines.map(line => line + end).join('')
}

/** With an end of its last line. */
function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : text + lineEndOf(text)
}

/** Behind the last key of the table, with its indentation. */
function addLine(text: string, { node, keys }: Table, line: string): string {
  const end = lineEndOf(text)
  const last = keys.at(-1)?.node ?? (node.type === 'TOMLTable' ? node : undefined)
  if (last === undefined) return node.body.length > 0 ? `${line}${end}${text}` : `${ended(text)}${line}${end}`
  const headerEnd = last.type === 'TOMLTable' ? last.key.range[1] : last.range[1]
  const at = lineEndAt(text, headerEnd)
  const indent = /^[ \t]*/.exec(text.slice(lineStartAt(text, last.range[0])))?.[0] ?? ''
  const missing = text.slice(0, at).endsWith('\n') ? '' : end
  return splice(text, [at, at], `${missing}${indent}${line}${end}`)
}

function append(text: string, path: Path, word: string): string {
  const { elements, range } = listAt(text, path)
  const last = elements.at(-1)
  const at = last?.range[1] ?? range[0] + 1
  return splice(text, [at, at], `${last === undefined ? '' : ', '}${tomlValue(word)}`)
}

function drop(text: string, path: Path, index: number): string {
  const { elements } = listAt(text, path)
  const [before, gone, after] = [elements[index - 1], elements[index], elements[index + 1]]
  if (gone === undefined) return text
  const from = before?.range[1] ?? gone.range[0]
  const to = before === undefined && after !== undefined ? after.range[0] : gone.range[1]
  return splice(text, [from, to], '')
}

function listAt(text: string, path: Path) {
  const value = keyAt(readToml(text).tables, path)?.node.value
  if (value?.type === 'TOMLArray') return value
  throw new NotifydError('ERR_INSTALL', `${tomlKey(path)} is no list that stands for itself`)
}

function splice(text: string, [from, to]: readonly [number, number], piece: string): string {
  return text.slice(0, from) + piece + text.slice(to)
}
