/** PURE. The kinds of value that a setting can have; each knows its own words for what is wrong. */

import { constants } from 'node:os'
import * as v from 'valibot'
import { splitAddress } from './address.ts'
import { formatDuration, longestMs, parseDuration } from './duration.ts'
import { suggest } from './suggest.ts'

/** What a setting accepts, in words, and the schema that checks it. */
export interface Kind<Output, Input = Output> {
  type: string
  schema: v.GenericSchema<Input, Output>
}

/** What is wrong with a value; a class so that it cannot be mistaken for one. */
class Wrong {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** sun_path of unix(7) has 108 bytes, the last one is NUL. */
export const longestSocketPath = 107

export function oneOf<const T extends string>(noun: string, accepted: readonly T[]): Kind<T> {
  const list = accepted.join(', ')
  const type = inWords(accepted.map(word => `\`${word}\``))
  return kind(type, value => {
    const found = accepted.find(word => word === value)
    return found ?? new Wrong(`${show(value)} is not ${noun}; accepted: ${list}${meant(value, accepted)}`)
  })
}

export const yesOrNo: Kind<boolean> = kind('`true` or `false`', value =>
  typeof value === 'boolean' ? value : new Wrong(`${show(value)} is neither true nor false`),
)

export function duration(leastMs: number): Kind<number, string> {
  const accepted = 'accepted: a number with ms, s, m or h, such as 500ms, 5s or 2m'
  return kind(leastMs === 0 ? 'duration' : `duration, at least ${formatDuration(leastMs)}`, value => {
    if (typeof value === 'number') return new Wrong(`${value} has no unit; ${accepted}`)
    const parsedMs = typeof value === 'string' ? parseDuration(value) : undefined
    if (parsedMs === undefined) return new Wrong(`${show(value)} is not a duration; ${accepted}`)
    if (parsedMs < leastMs) return new Wrong(`${show(value)} is too short; the least is ${formatDuration(leastMs)}`)
    if (parsedMs > longestMs) return new Wrong(`${show(value)} is too long; the most is ${longestMs}ms`)
    return parsedMs
  })
}

export function integer(least: number, most: number): Kind<number> {
  return kind(`whole number, ${least} to ${most}`, value =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : new Wrong(`${show(value)} is not a whole number from ${least} to ${most}`),
  )
}

export function absolutePath(): Kind<string> {
  return kind('absolute path', checkPath)
}

export function socketPath(): Kind<string> {
  return kind(`absolute path, at most ${longestSocketPath} bytes`, value => {
    const path = checkPath(value)
    if (path instanceof Wrong) return path
    const bytes = Buffer.byteLength(path)
    if (bytes <= longestSocketPath) return path
    return new Wrong(`the path has ${bytes} bytes; the most is ${longestSocketPath} (sun_path of unix(7))`)
  })
}

export function syscallName(): Kind<string> {
  return kind('syscall name', value =>
    typeof value === 'string' && /^[a-z_][a-z0-9_]{0,63}$/.test(value)
      ? value
      : new Wrong(`${show(value)} is not a syscall name; accepted: names as in a profile, such as clone3`),
  )
}

export function errnoName(): Kind<string> {
  const names = Object.keys(constants.errno)
  return kind('errno name', value =>
    typeof value === 'string' && names.includes(value)
      ? value
      : new Wrong(
          `${show(value)} is not an errno name; accepted: names of errno(3), such as EPERM${meant(value, names)}`,
        ),
  )
}

/** `host:port`, or null for `off`. Port 0 lets the kernel choose. */
export function tcpAddress(): Kind<string | null, string> {
  const accepted = 'accepted: host:port, such as 127.0.0.1:9797 or [::1]:9797, or off'
  return kind('`host:port` or `off`', value => {
    if (value === 'off') return null
    if (typeof value === 'string' && splitAddress(value) !== undefined) return value
    return new Wrong(`${show(value)} is not an address; ${accepted}`)
  })
}

export function listOf<T>(item: Kind<T>): Kind<T[]> {
  const schema = v.array(item.schema, issue => `${show(issue.input)} is not a list; accepted: a list such as [a, b]`)
  return { type: `list of: ${item.type}`, schema }
}

/** `a, b or c` */
function inWords(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter(text => text !== '').join(' or ')
}

function checkPath(value: unknown): string | Wrong {
  if (typeof value !== 'string') return new Wrong(`${show(value)} is not a path`)
  if (!value.startsWith('/')) return new Wrong(`${show(value)} is not an absolute path; it must begin with /`)
  if (value.includes('\0') || value.endsWith('/')) return new Wrong(`${show(value)} cannot be a path here`)
  return value
}

function kind<Output, Input = Output>(type: string, check: (value: unknown) => Output | Wrong): Kind<Output, Input> {
  const transform = v.rawTransform<unknown, Output>(({ dataset, addIssue, NEVER }) => {
    const result = check(dataset.value)
    if (!(result instanceof Wrong)) return result
    addIssue({ message: result.text })
    return NEVER
  })
  // The check takes anything; the narrower input type is what callers in TypeScript are offered.
  return { type, schema: v.pipe(v.unknown(), transform) as v.GenericSchema<Input, Output> }
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value for a message: short, on one line, nothing that a terminal obeys. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'an empty value'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  const text = typeof value === 'string' ? JSON.stringify(value) : `${value as number}`
  const visible = text.replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, '?')
  return visible.length > 60 ? `${visible.slice(0, 57)}…"` : visible
}

export function meant(value: unknown, candidates: readonly string[]): string {
  const word = typeof value === 'string' ? suggest(value, candidates) : undefined
  return word === undefined ? '' : `; did you mean ${word}?`
}
