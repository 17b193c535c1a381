/** PURE: where the tables and keys of a TOML text stand. */

import { getStaticTOMLValue, ParseError, parseTOML, type AST } from 'toml-eslint-parser'
import { NotifydError } from '../errors.ts'
import type { Path, Tree } from './tree.ts'

export interface Table {
  path: readonly (string | number)[]
  node: AST.TOMLTable | AST.TOMLTopLevelTable
  /** Its own keys, in the order of the text. */
  keys: readonly Key[]
}

/** A key and its value. */
export interface Key {
  /** From the root on, the table's included. */
  path: readonly (string | number)[]
  node: AST.TOMLKeyValue
}

export interface Toml {
  tree: Tree
  /** The root first. */
  tables: readonly Table[]
}

/** @throws NotifydError `ERR_INSTALL` with line and column. */
export function readToml(text: string): Toml {
  const program = parseProgram(text)
  const [root] = program.body
  const tables = root.body.filter(node => node.type === 'TOMLTable')
  return {
    tree: getStaticTOMLValue(program),
    tables: [tableOf(root, []), ...tables.map(node => tableOf(node, node.resolvedKey))],
  }
}

function parseProgram(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text)
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const { lineNumber, column, message } = error
    throw new NotifydError('ERR_INSTALL', `it is no TOML: line ${lineNumber}, column ${column + 1}: ${message}`)
  }
}

function tableOf(node: Table['node'], path: Table['path']): Table {
  const keys = [...node.body].filter((each): each is AST.TOMLKeyValue => each.type === 'TOMLKeyValue')
  return { path, node, keys: keys.map(each => ({ path: [...path, ...wordsOf(each.key)], node: each })) }
}

function wordsOf({ keys }: AST.TOMLKey): string[] {
  return keys.map(key => (key.type === 'TOMLBare' ? key.name : key.value))
}

export function isAt(found: readonly (string | number)[], path: Path): boolean {
  return found.length === path.length && isBelow(found, path)
}

/** Or at it. */
export function isBelow(found: readonly (string | number)[], path: Path): boolean {
  return path.every((key, index) => found[index] === key)
}
