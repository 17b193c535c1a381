/** PURE. Text of a configuration file (YAML, and with it JSON) to plain data whose places are known. */

import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLError,
} from 'yaml'
import { clip } from '../clip.ts'

const mostChars = 160

/** A place in the file; both count from 1. */
export interface Place {
  line: number
  column: number
}

export interface SyntaxProblem extends Place {
  text: string
}

export interface ParsedDocument {
  value: unknown
  problems: SyntaxProblem[]
  /** Where a setting's value is, or its key; for one that is not there, the nearest mapping around it. */
  locate(path: Path, part: 'key' | 'value'): Place
}

export function parseConfigText(text: string): ParsedDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true, prettyErrors: false })
  const place = (offset: number): Place => toPlace(lines, offset)
  const found = [...document.errors, ...document.warnings]
  const problems = found.map(error => ({ ...place(error.pos[0]), text: reword(error, text) }))
  const data = problems.length === 0 ? toData(document) : { value: undefined }
  if ('text' in data) problems.push({ ...place(0), text: data.text })
  return {
    value: 'value' in data ? (data.value ?? {}) : {},
    problems,
    locate: (path, part) => place(offsetOf(document, path, part)),
  }
}

/** Aliases that multiply beyond bounds are found only here. */
function toData(document: Document): { value: unknown } | { text: string } {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown }
  } catch (error) {
    return { text: error instanceof Error ? firstLower(error.message) : String(error) }
  }
}

function toPlace(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

function reword(error: YAMLError, text: string): string {
  if (error.code === 'DUPLICATE_KEY') return `"${keyAt(text, error.pos[0])}" is given twice`
  if (error.code === 'MULTIPLE_DOCS') return 'a second document begins here; accepted: one'
  // The parser quotes what it does not understand, however long that is.
  return firstLower(clip(error.message.split('\n')[0] ?? '', mostChars))
}

function keyAt(text: string, offset: number): string {
  return /^["']?([^"':\s,{}]*)/.exec(text.slice(offset, offset + 60))?.[1] ?? ''
}

function firstLower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

type Path = readonly (string | number)[]

function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number {
  const exact = part === 'key' ? keyNode(document, path) : undefined
  const around = path.map((_, index) => valueNode(document, path.slice(0, path.length - index)))
  return [exact, ...around].find(node => node?.range)?.range?.[0] ?? 0
}

function valueNode(document: Document, path: Path): Node | undefined {
  const root = document.contents ?? undefined
  return path.reduce<Node | undefined>((node, key) => child(resolve(document, node), key), root)
}

function keyNode(document: Document, path: Path): Node | undefined {
  const parent = resolve(document, valueNode(document, path.slice(0, -1)))
  if (!isMap(parent)) return undefined
  const pair = parent.items.find(item => isScalar(item.key) && String(item.key.value) === String(path.at(-1)))
  return pair?.key as Node | undefined
}

function child(node: Node | undefined, key: string | number): Node | undefined {
  return isCollection(node) ? node.get(key, true) : undefined
}

function resolve(document: Document, node: Node | undefined): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node
}
