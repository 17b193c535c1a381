/** PURE: JSON, edited where it stands. */

import {
  applyEdits,
  modify,
  parse as parseJsonc,
  printParseErrorCode,
  type FormattingOptions,
  type ModificationOptions,
  type ParseError,
} from 'jsonc-parser'
import { NotifydError } from '../errors.ts'
import type { Format } from './format.ts'
import { lineEndOf, placeAt } from './line-ends.ts'
import { isTree, valueAt, type Tree, type Value } from './tree.ts'

export const json: Format = {
  parse,
  set: (text, path, value) => edit(text, path, value),
  remove: (text, path) => edit(text, path, undefined),
  append: (text, path, word) => edit(text, [...path, lengthAt(text, path)], word, { isArrayInsertion: true }),
  drop: (text, path, index) => edit(text, [...path, index], undefined),
}

/** An empty file is an empty object to Docker. */
function parse(text: string): Tree {
  if (text.trim() === '') return {}
  const errors: ParseError[] = []
  parseJsonc(text, errors, { disallowComments: true })
  const [error] = errors
  if (error !== undefined) throw wrong(`${placeAt(text, error.offset)}: ${printParseErrorCode(error.error)}`)
  const value = JSON.parse(text) as Value
  if (!isTree(value)) throw wrong(`${placeAt(text, text.search(/\S/))}: expected is an object`)
  return value
}

function wrong(problem: string): NotifydError {
  return new NotifydError('ERR_INSTALL', `it is no JSON: ${problem}`)
}

type Place = (string | number)[]

function edit(
  text: string,
  path: readonly (string | number)[],
  value: unknown,
  more: ModificationOptions = {},
): string {
  const whole = text.trim() === '' ? `{}${lineEndOf(text)}` : text
  const formattingOptions = formattingOf(whole)
  try {
    return applyEdits(whole, modify(whole, path as Place, value, { formattingOptions, ...more }))
  } catch {
    // A member of what has none, such as a list: whoever looks at what came of it finds no change.
    return text
  }
}

/** The indentation of the first line that has one. */
function formattingOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  '
  const insertSpaces = !indent.startsWith('\t')
  return { insertSpaces, tabSize: insertSpaces ? indent.length : 1, eol: lineEndOf(text) }
}

function lengthAt(text: string, path: readonly string[]): number {
  const list = valueAt(parse(text), path)
  return Array.isArray(list) ? list.length : 0
}
