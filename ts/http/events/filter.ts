/** PURE: which calls a client of `/v1/events` wants. */

import type { NotifydEvent } from '../../named-event.ts'
import { badQuery, refuseUnknown, words } from '../query.ts'

export type Filter = (event: NotifydEvent) => boolean

export const filterParameters = ['container', 'syscall', 'verdict']

/** Bounds what one call is compared with. */
const MOST_VALUES = 64
const MOST_CHARS = 256

/** Nobody types 64 digits. A few characters would find something by accident. */
const LEAST_CHARS = 4

export function parseFilter(query: URLSearchParams): Filter {
  refuseUnknown(query, filterParameters)
  const containers = bounded('container', query.getAll('container'))
  const syscalls = named(query, 'syscall', 'a syscall name', /^[a-z_][a-z0-9_]{0,63}$/, 'names such as chroot')
  const verdicts = named(query, 'verdict', 'a verdict', /^[a-zA-Z0-9_]{1,32}$/, 'words such as EPERM or kill_process')
  return event =>
    isOneOf(syscalls, event.syscall) && isOneOf(verdicts, event.verdict) && isOfOne(containers, event.container)
}

function named(query: URLSearchParams, name: string, noun: string, pattern: RegExp, accepted: string): Set<string> {
  const given = bounded(name, words(query.getAll(name)))
  const wrong = given.find(word => !pattern.test(word))
  if (wrong !== undefined) throw badQuery(`${name}: ${JSON.stringify(wrong.slice(0, 64))} is not ${noun}`, accepted)
  return new Set(given)
}

function bounded(name: string, given: string[]): string[] {
  if (given.length > MOST_VALUES) throw badQuery(`${name}: there are ${given.length} values`, `at most ${MOST_VALUES}`)
  if (given.some(value => value === '' || value.length > MOST_CHARS))
    throw badQuery(`${name}: a value is empty or too long`, `1 to ${MOST_CHARS} characters`)
  return given
}

function isOneOf(wanted: ReadonlySet<string>, word: string): boolean {
  return wanted.size === 0 || wanted.has(word)
}

function isOfOne(wanted: readonly string[], container: NotifydEvent['container']): boolean {
  if (wanted.length === 0) return true
  return container !== undefined && wanted.some(name => matches(name, container))
}

function matches(name: string, { key, id }: { key: string; id: string }): boolean {
  if (key === name || id === name) return true
  return name.length >= LEAST_CHARS && (id.startsWith(name) || key.startsWith(name))
}
