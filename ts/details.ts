/** What was read of one container's calls: of each kind the last, of so many kinds. */

import { callKey } from './calls.ts'
import { readDetail, type CallDetail } from './detail.ts'
import type { Detail } from './native.ts'

export interface Details {
  note(detail: Detail): void
  /** Of a row of the container's calls. */
  of(key: string): CallDetail | undefined
}

/** A remembered container is kept in a file: no program may make it large. */
const MAX_KINDS = 16

export function createDetails(): Details {
  const last = new Map<string, CallDetail>()

  function note(detail: Detail): void {
    const key = callKey(detail.arch, detail.number, detail.verdict, false)
    const known = last.get(key)
    if (known === undefined && last.size >= MAX_KINDS) return
    const read = readDetail(detail)
    // What was read once tells more than that it could not be read again.
    if (known === undefined || read.missing === null) last.set(key, read)
  }

  return { note, of: key => last.get(key) }
}
