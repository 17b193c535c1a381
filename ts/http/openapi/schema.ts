/** PURE: the few kinds of JSON Schema (2020-12, as OpenAPI 3.1 has it) that the answers are made of. */

export type Schema = Readonly<Record<string, unknown>>

export const words: Schema = { type: 'string' }
export const whole: Schema = { type: 'integer' }
export const flag: Schema = { type: 'boolean' }
export const time: Schema = { type: 'string', format: 'date-time' }

export function oneOf(accepted: readonly string[]): Schema {
  return { type: 'string', enum: accepted }
}

export function list(items: Schema): Schema {
  return { type: 'array', items }
}

export function nullable(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] }
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

/** All members of a type, by the compiler's word: none is missing, none is made up. Those of `optional` may be left out. */
export function shape<T>(
  properties: Readonly<Record<keyof T & string, Schema>>,
  optional: readonly (keyof T & string)[] = [],
): Schema {
  const required = Object.keys(properties).filter(name => !optional.some(each => each === name))
  return { type: 'object', required, properties, additionalProperties: false }
}
