/** PURE: kinds of query parameters. Each reads what was given, and says what it accepts: to the client, and in openapi.json. */

import { badQuery, refuseUnknown } from './query.ts'

export interface Parameter<T> {
  text: string
  /** JSON Schema of the value, or of each of several. */
  schema: object
  isList: boolean
  read(name: string, given: string[]): T
}

export type Parameters = Record<string, Parameter<unknown>>
export type Values<P extends Parameters> = { [N in keyof P]: P[N] extends Parameter<infer T> ? T : never }

/** Refuses parameters that are not listed, and values that cannot be read. */
export function readQuery<P extends Parameters>(query: URLSearchParams, parameters: P): Values<P> {
  refuseUnknown(query, Object.keys(parameters))
  const values = Object.entries(parameters).map(([name, parameter]) => [name, parameter.read(name, query.getAll(name))])
  return Object.fromEntries(values) as Values<P>
}

export function oneOf<const T extends string>(
  noun: string,
  accepted: readonly [T, ...T[]],
  text: string,
): Parameter<T> {
  const [byDefault] = accepted
  const read = (name: string, given: string[]) =>
    given.length === 0 ? byDefault : wordOf(name, only(name, given), noun, accepted)
  return { text, schema: { type: 'string', enum: accepted, default: byDefault }, isList: false, read }
}

/** With commas, or repeated. Without any, all. */
export function severalOf<const T extends string>(noun: string, accepted: readonly T[], text: string): Parameter<T[]> {
  const read = (name: string, given: string[]) =>
    given.length === 0 ? [...accepted] : words(given).map(word => wordOf(name, word, noun, accepted))
  return { text, schema: { type: 'string', enum: accepted }, isList: true, read }
}

export function whole(
  noun: string,
  least: number,
  most: number,
  byDefault: number | null,
  text: string,
): Parameter<number> {
  const schema = {
    type: 'integer',
    minimum: least,
    maximum: most,
    ...(byDefault === null ? {} : { default: byDefault }),
  }
  function read(name: string, given: string[]): number {
    if (given.length === 0) return byDefault ?? Infinity
    const value = only(name, given)
    if (/^\d{1,15}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value)
    throw badQuery(`${name}: ${show(value)} is not ${noun}`, `a whole number from ${least} to ${most}`)
  }
  return { text, schema, isList: false, read }
}

const MOST_CHARS = 256
/** Bounds what one item is compared with. */
const MOST_VALUES = 64

/** Free text; undefined where there is none. */
export function someText(text: string): Parameter<string | undefined> {
  return { text, schema: { type: 'string', minLength: 1, maxLength: MOST_CHARS }, isList: false, read: readText }
}

/** Free texts, repeated: they may hold commas. */
export function someTexts(text: string): Parameter<string[]> {
  return { text, schema: { type: 'string', minLength: 1, maxLength: MOST_CHARS }, isList: true, read: fitting }
}

/** Words of that pattern, with commas or repeated. */
export function someWords(noun: string, pattern: RegExp, accepted: string, text: string): Parameter<string[]> {
  function read(name: string, given: string[]): string[] {
    const found = fitting(name, words(given))
    const wrong = found.find(word => !pattern.test(word))
    if (wrong !== undefined) throw badQuery(`${name}: ${show(wrong)} is not ${noun}`, accepted)
    return found
  }
  return { text, schema: { type: 'string', pattern: pattern.source }, isList: true, read }
}

function readText(name: string, given: string[]): string | undefined {
  return given.length === 0 ? undefined : fitting(name, [only(name, given)])[0]
}

function wordOf<T extends string>(name: string, given: string, noun: string, accepted: readonly T[]): T {
  const word = accepted.find(known => known === given)
  if (word === undefined) throw badQuery(`${name}: ${show(given)} is not ${noun}`, accepted.join(', '))
  return word
}

function only(name: string, [first = '', ...more]: string[]): string {
  if (more.length > 0) throw badQuery(`${name}: there are ${more.length + 1} values`, 'one')
  return first
}

function fitting(name: string, given: string[]): string[] {
  if (given.length > MOST_VALUES) throw badQuery(`${name}: there are ${given.length} values`, `at most ${MOST_VALUES}`)
  if (given.some(value => value === '' || value.length > MOST_CHARS))
    throw badQuery(`${name}: a value is empty or too long`, `1 to ${MOST_CHARS} characters`)
  return given
}

function words(given: readonly string[]): string[] {
  return given.flatMap(text => text.split(','))
}

function show(value: string): string {
  return JSON.stringify(value.slice(0, 64))
}
