/**
 * PURE. Edits of the rules in a YAML text: what is not concerned stays, byte by byte, comments, order and style too. What a place
 * does not allow is an error, and nothing is guessed: the caller compares what came of it.
 */

import type * as Yaml from 'yaml'
import { NotifydError } from './errors.ts'
import type { RuleEdit } from './native.ts'
import { readYaml, yaml } from './profile-yaml.ts'
import { itemText } from './yaml-style.ts'

/** The text after all edits, in their order. */
export function editYaml(text: string, edits: readonly RuleEdit[]): string {
  return edits.reduce(edited, text)
}

function edited(text: string, { does, rule, position, json = '' }: RuleEdit): string {
  const rules = rulesOf(text)
  const parsed: unknown = json === '' ? undefined : yaml().parse(json, { intAsBigInt: true, schema: 'json' })
  if (does === 'add-rule') return inserted(text, rules, rule, parsed)
  if (does === 'remove-rule') return removed(text, rules, rule)
  const names = listIn(rules.items[rule], 'names')
  return does === 'add-name' ? inserted(text, names, position, parsed) : removed(text, names, position)
}

function rulesOf(text: string): Yaml.YAMLSeq {
  const document = readYaml(text)
  const profile = document.has('spec') ? document.get('spec') : document.contents
  return listIn(profile, 'syscalls')
}

function listIn(node: unknown, field: string): Yaml.YAMLSeq {
  const list = yaml().isMap(node) ? node.get(field, true) : undefined
  if (yaml().isSeq(list) && list.items.length > 0) return list
  throw unable(`${field} is no list that could be changed`)
}

function inserted(text: string, list: Yaml.YAMLSeq, position: number, value: unknown): string {
  const [from, to] = rangeOf(list.items[Math.max(position - 1, 0)])
  const model = list.items[Math.max(position - 1, 0)]
  if (list.flow === true) {
    const item = itemText(text, model, value, '', list)
    const blank = blankIn(text, list)
    if (position === 0) return spliced(text, from, from, `${item},${blank}`)
    return spliced(text, to, to, `,${blank}${item}`)
  }
  const lead = leadOf(text, from)
  const item = `${lead}${itemText(text, model, value, ' '.repeat(lead.length), list)}`
  const end = text.includes('\r\n') ? '\r\n' : '\n'
  if (position === 0) return spliced(text, from - lead.length, from - lead.length, `${item}${end}`)
  const behind = lineEnd(text, to)
  return spliced(text, behind, behind, `${end}${item}`)
}

function removed(text: string, list: Yaml.YAMLSeq, position: number): string {
  const place = rangeOf(list.items[position])
  if (list.items.length === 1) throw unable('nothing would be left of a list')
  if (list.flow !== true) {
    const start = place[0] - leadOf(text, place[0]).length
    const end = lineEnd(text, place[1])
    return spliced(text, start, end + (/^\r?\n/.exec(text.slice(end))?.[0].length ?? 0), '')
  }
  if (position > 0) return spliced(text, rangeOf(list.items[position - 1])[1], place[1], '')
  return spliced(text, place[0], rangeOf(list.items[1])[0], '')
}

/** Where a node begins, and behind its last token. */
function rangeOf(node: unknown): [from: number, to: number] {
  const { isMap, isNode, isPair, isSeq } = yaml()
  if (isPair(node)) return [rangeOf(node.key)[0], rangeOf(node.value ?? node.key)[1]]
  if (!isNode(node) || !node.range) throw unable('a part of it has no place')
  const [from, to] = node.range
  if ((!isMap(node) && !isSeq(node)) || node.flow === true) return [from, to]
  return [from, rangeOf(node.items.at(-1))[1]]
}

/** What stands before an item on its line: blanks, and the dash. */
function leadOf(text: string, from: number): string {
  const lead = text.slice(text.lastIndexOf('\n', from - 1) + 1, from)
  if (/^ *- +$/.test(lead)) return lead
  throw unable('an item of a list does not begin its line')
}

/** Before the line end; a comment behind the item belongs to it. */
function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  const at = end === -1 ? text.length : end
  return text[at - 1] === '\r' ? at - 1 : at
}

/** What stands between the items of a list behind the comma. */
function blankIn(text: string, { items }: Yaml.YAMLSeq): string {
  if (items.length < 2) return ' '
  const between = text.slice(rangeOf(items[0])[1], rangeOf(items[1])[0])
  return /^\s*,(\s*)$/.exec(between)?.[1] ?? ' '
}

function spliced(text: string, from: number, to: number, piece: string): string {
  return text.slice(0, from) + piece + text.slice(to)
}

function unable(reason: string): NotifydError {
  return new NotifydError('ERR_PROFILE', `changing the YAML of the profile: ${reason}; hint: convert it to JSON first`)
}
