/** PURE. A new item of a YAML list, written like the one before it. */

import type * as Yaml from 'yaml'
import { yaml } from './profile-yaml.ts'

/** `indent` is what its further lines begin with. */
export function itemText(text: string, model: unknown, value: unknown, indent: string, list: Yaml.YAMLSeq): string {
  const { isMap, isScalar } = yaml()
  const document = new (yaml().Document)(isMap(model) ? orderedLike(model, value) : value)
  const { contents } = document
  if (isScalar(contents) && isScalar(model) && model.type) contents.type = model.type
  const flow = list.flow === true || (isMap(model) && model.flow === true)
  if (flow && yaml().isCollection(contents)) contents.flow = true
  if (!flow && isMap(model) && isMap(contents)) likeFields(model, contents)
  const written = document.toString({
    lineWidth: 0,
    indent: stepOf(text, model),
    indentSeq: indentsLists(text, model),
    flowCollectionPadding: false,
  })
  const end = text.includes('\r\n') ? '\r\n' : '\n'
  return padded(written.trimEnd(), sourceOf(text, model)).split('\n').join(`${end}${indent}`)
}

/** With blanks inside of braces and brackets where the model has some; names and values have none of these. */
function padded(written: string, model: string): string {
  const braces = /\{ +\S/.test(model)
  const brackets = /\[ +\S/.test(model)
  const inside = braces ? written.replaceAll('{', '{ ').replaceAll('}', ' }') : written
  return brackets ? inside.replaceAll('[', '[ ').replaceAll(']', ' ]') : inside
}

/** Fields in the order of the model's, then the others. */
function orderedLike({ items }: Yaml.YAMLMap, value: unknown): unknown {
  const known = items.map(({ key }) => String(yaml().isScalar(key) ? key.value : key))
  const place = ([name]: [string, unknown]): number => (known.indexOf(name) + known.length + 1) % (known.length + 1)
  const fields = Object.entries(Object(value) as Record<string, unknown>)
  return Object.fromEntries(fields.toSorted((a, b) => place(a) - place(b)))
}

/** Lists in brackets where the model has them so, and quotes where it has them. */
function likeFields(model: Yaml.YAMLMap, contents: Yaml.YAMLMap): void {
  const { isScalar, isSeq } = yaml()
  for (const { key, value } of contents.items) {
    const name = isScalar(key) ? key.value : key
    const known = model.get(name, true)
    if (isSeq(value) && isSeq(known) && known.flow === true) value.flow = true
    if (isScalar(value) && isScalar(known) && known.type) value.type = known.type
    const [item] = isSeq(value) ? value.items : []
    const [other] = isSeq(known) ? known.items : []
    if (isScalar(item) && isScalar(other) && other.type) item.type = other.type
    if (yaml().isMap(item) && yaml().isMap(other) && other.flow === true) item.flow = true
  }
}

/** What each level is indented by, by the first list or map inside of the model. */
function stepOf(text: string, model: unknown): number {
  const inner = innerList(model)
  const [from] = inner?.list.range ?? []
  if (inner === undefined || from === undefined) return 2
  const step = columnOf(text, from) - inner.column(text)
  return step > 0 ? step : 2
}

function indentsLists(text: string, model: unknown): boolean {
  const inner = innerList(model)
  const [from] = inner?.list.range ?? []
  return inner === undefined || from === undefined || columnOf(text, from) > inner.column(text)
}

/** The first list of the model that is written in lines, and the column of its field. */
function innerList(model: unknown): { list: Yaml.YAMLSeq; column: (text: string) => number } | undefined {
  const { isMap, isNode, isSeq } = yaml()
  for (const { key, value } of isMap(model) ? model.items : []) {
    if (!isSeq(value) || value.flow === true || !isNode(key) || !key.range) continue
    const [start] = key.range
    return { list: value, column: text => columnOf(text, start) }
  }
  return undefined
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1)
}

function sourceOf(text: string, node: unknown): string {
  const [from = 0, to = 0] = yaml().isNode(node) && node.range ? node.range : []
  return text.slice(from, to)
}
