/** PURE: whether a container's calls are recorded, and under which name. */

import { quote } from './wishes.ts'

const ANNOTATION = 'seccomp-notifyd.io/record'
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const ACCEPTED = "1 to 128 of A-Z, a-z, 0-9, '.', '_' and '-', the first a letter or a digit"

/** As the shim checks it; such a name is a file's everywhere. */
export function isRecordingName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value)
}

/** `told` is what the metadata says, which the shim has made; the annotation alone makes no call notify. */
export function recordingOf(
  annotations: Readonly<Record<string, string>>,
  told: string | undefined,
): { name: string | undefined; warnings: string[] } {
  const wish = annotations[ANNOTATION]
  if (told !== undefined || wish === undefined) return { name: told, warnings: [] }
  return { name: undefined, warnings: [`annotation ${ANNOTATION} ${problemOf(wish)}; nothing is recorded`] }
}

function problemOf(wish: string): string {
  if (!isRecordingName(wish)) return `has the value ${quote(wish)}, which is no name; accepted: ${ACCEPTED}`
  return 'asks for a recording, and the profile does not notify every call; the runtime shim makes one that does'
}
