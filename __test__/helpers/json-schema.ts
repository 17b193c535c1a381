/** As much of JSON Schema as openapi.json uses; a keyword that is not known is an error, so that nothing passes unchecked. */

type Schema = Record<string, unknown>
type Components = Record<string, Schema>

const CHECKS: Record<string, (value: unknown, told: never, at: string, all: Components, schema: Schema) => string[]> = {
  $ref: (value, told: string, at, all) => validate(value, all[told.replace('#/components/schemas/', '')]!, all, at),
  type: (value, told: string, at) => (typeOf(value, told) ? [] : [`${at} is no ${told}`]),
  enum: (value, told: unknown[], at) => (told.includes(value) ? [] : [`${at} is none of ${told.join(', ')}`]),
  pattern: (value, told: string, at) => (new RegExp(told).test(String(value)) ? [] : [`${at} does not match ${told}`]),
  format: (value, _, at) => (new Date(String(value)).toISOString() === value ? [] : [`${at} is no time`]),
  anyOf: (value, told: Schema[], at, all) =>
    told.some(each => validate(value, each, all, at).length === 0) ? [] : [`${at} is none of several`],
  items: (value, told: Schema, at, all) =>
    (value as unknown[]).flatMap((item, index) => validate(item, told, all, `${at}[${index}]`)),
  required: (value, told: string[], at) =>
    told.filter(name => !(name in (value as object))).map(name => `${at}.${name} is missing`),
  properties: (value, told: Components, at, all) =>
    Object.entries(value as object).flatMap(([name, member]) =>
      told[name] === undefined ? [] : validate(member, told[name], all, `${at}.${name}`),
    ),
  additionalProperties: (value, _, at, __, schema) =>
    Object.keys(value as object)
      .filter(name => !(name in (schema['properties'] as object)))
      .map(name => `${at}.${name} is not described`),
  minProperties: (value, told: number, at) =>
    Object.keys(value as object).length >= told ? [] : [`${at} has too few members`],
}

/** What is wrong, in words. */
export function validate(value: unknown, schema: Schema, all: Components, at = '$'): string[] {
  for (const [keyword, told] of Object.entries(schema)) {
    const check = CHECKS[keyword]
    if (check === undefined) throw new Error(`the keyword ${keyword} is not known`)
    const problems = check(value, told as never, at, all, schema)
    if (problems.length > 0) return problems
  }
  return []
}

function typeOf(value: unknown, told: string): boolean {
  if (told === 'null') return value === null
  if (told === 'array') return Array.isArray(value)
  if (told === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return told === 'integer' ? Number.isInteger(value) : typeof value === told
}
