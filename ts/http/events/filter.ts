/** PURE: which calls a client of `/v1/events` wants. */

import type { CallContainer, NotifydEvent } from '../../named-event.ts'
import { readQuery, someTexts, someWords } from '../parameters.ts'

export interface Filter {
  (event: NotifydEvent): boolean
  /** Two filters of the same key let the same calls through. */
  key: string
}

export const filterParameters = {
  container: someTexts('Only calls of these containers: name, id, its first four or more characters, or key.'),
  syscall: someWords('a syscall name', /^[a-z_][a-z0-9_]{0,63}$/, 'names such as chroot', 'Only these calls.'),
  verdict: someWords(
    'a verdict',
    /^[a-zA-Z0-9_]{1,32}$/,
    'words such as EPERM or kill_process',
    'Only these verdicts.',
  ),
}

/** Nobody types 64 digits. A few characters would find something by accident. */
const LEAST_CHARS = 4

export function parseFilter(query: URLSearchParams): Filter {
  const { container, syscall, verdict } = readQuery(query, filterParameters)
  const [syscalls, verdicts] = [new Set(syscall), new Set(verdict)]
  const lets = (event: NotifydEvent) =>
    isOneOf(syscalls, event.syscall) && isOneOf(verdicts, event.verdict) && isOfOne(container, event.container)
  return Object.assign(lets, { key: JSON.stringify([container, syscall, verdict]) })
}

function isOneOf(wanted: ReadonlySet<string>, word: string): boolean {
  return wanted.size === 0 || wanted.has(word)
}

function isOfOne(wanted: readonly string[], container: NotifydEvent['container']): boolean {
  if (wanted.length === 0) return true
  return container !== undefined && wanted.some(name => matches(name, container))
}

function matches(wanted: string, { key, id, name }: CallContainer): boolean {
  if ([key, id, name].includes(wanted)) return true
  return wanted.length >= LEAST_CHARS && (id.startsWith(wanted) || key.startsWith(wanted))
}
