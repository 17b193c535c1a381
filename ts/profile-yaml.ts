/** PURE. YAML of a profile to JSON and back, every integer exact: YAML's readers have bigints, JSON.parse has none. */

import { parse, parseAllDocuments, stringify } from 'yaml'
import { NotifydError } from './errors.ts'

/** JSON stays as it is. */
export function jsonOf(text: string): string {
  return /^\s*\{/.test(text) ? text : `${toJson(readYaml(text))}\n`
}

export function yamlOf(json: string): string {
  return stringify(parse(json, { intAsBigInt: true, schema: 'json' }), { lineWidth: 0 })
}

function readYaml(text: string): unknown {
  const documents = [parseAllDocuments(text, { intAsBigInt: true, strict: true, uniqueKeys: true })].flat()
  const filled = documents.filter(document => document.contents !== null)
  const [error] = documents.flatMap(document => document.errors)
  if (error !== undefined) throw new NotifydError('ERR_PROFILE', 'reading the profile as YAML', { cause: error })
  if (filled.length === 1) return filled[0]?.toJS({ maxAliasCount: 100 })
  throw new NotifydError(
    'ERR_PROFILE',
    `reading the profile as YAML: it has ${filled.length} documents, one is accepted`,
  )
}

function toJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}:${toJson(field)}`)
  return `{${fields.join(',')}}`
}
