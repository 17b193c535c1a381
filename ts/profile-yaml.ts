/** PURE. YAML of a profile to JSON and back, every integer exact: YAML's readers have bigints, JSON.parse has none. */

import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import { NotifydError } from './errors.ts'

const require = createRequire(import.meta.url)

/** Loaded by the first text that is YAML. */
export function yaml(): typeof Yaml {
  return require('yaml') as typeof Yaml
}

/** Each piece is on its own line of the text, so that lines that are told of the one are those of the other. */
export function yamlToJson(text: string): string {
  const lines = new (yaml().LineCounter)()
  return `${toJson(readYaml(text, lines), lines)}\n`
}

export function jsonToYaml(json: string): string {
  return yaml().stringify(yaml().parse(json, { intAsBigInt: true, schema: 'json' }), { lineWidth: 0 })
}

/** Whether both say the same, in whatever order. */
export function saySame(one: string, other: string): boolean {
  const [a, b] = [one, other].map(json => {
    const value: unknown = yaml().parse(json, { intAsBigInt: true, schema: 'json' })
    return yaml().stringify(value, { sortMapEntries: true })
  })
  return a === b
}

/** The only document of a text. */
export function readYaml(text: string, lineCounter = new (yaml().LineCounter)()): Yaml.Document {
  const options = { intAsBigInt: true, strict: true, uniqueKeys: true, lineCounter }
  const documents = [yaml().parseAllDocuments(text, options)].flat()
  const filled = documents.filter(document => document.contents !== null)
  const [error] = documents.flatMap(document => document.errors)
  if (error !== undefined) throw new NotifydError('ERR_PROFILE', 'reading the profile as YAML', { cause: error })
  const [only] = filled
  if (only !== undefined && filled.length === 1) return only
  throw new NotifydError(
    'ERR_PROFILE',
    `reading the profile as YAML: it has ${filled.length} documents, one is accepted`,
  )
}

function toJson(document: Yaml.Document, lines: Yaml.LineCounter): string {
  // Refuses aliases that would make much of little.
  document.toJS({ maxAliasCount: 100 })
  const pieces: string[] = []
  let line = 1
  const put = (piece: string, at?: Yaml.Range | null): void => {
    const wanted = at ? lines.linePos(at[0]).line : line
    if (wanted > line) pieces.push('\n'.repeat(wanted - line))
    line = Math.max(line, wanted)
    pieces.push(piece)
  }
  show(document, document.contents, put)
  return pieces.join('')
}

type Put = (piece: string, at?: Yaml.Range | null) => void

function show(document: Yaml.Document, node: unknown, put: Put): void {
  const { isAlias, isMap, isScalar, isSeq } = yaml()
  if (isAlias(node)) show(document, node.resolve(document), put)
  else if (isMap(node)) showMap(document, node, put)
  else if (isSeq(node)) {
    put('[', node.range)
    node.items.forEach((item, index) => {
      if (index > 0) put(',')
      show(document, item, put)
    })
    put(']')
  } else put(isScalar(node) ? scalar(node.value) : 'null', isScalar(node) ? node.range : undefined)
}

function showMap(document: Yaml.Document, { items, range }: Yaml.YAMLMap, put: Put): void {
  put('{', range)
  items.forEach(({ key, value }, index) => {
    if (index > 0) put(',')
    const name = yaml().isScalar(key) ? key.value : key
    put(`${JSON.stringify(String(name))}:`, yaml().isNode(key) ? key.range : undefined)
    show(document, value, put)
  })
  put('}')
}

function scalar(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value ?? null)
}
