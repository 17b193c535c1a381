/** PURE: the file of denied calls that are known and accepted. Kept under version control, so it holds no counts or times. */

import * as v from 'valibot'
import { NotifydError } from './errors.ts'
import { byName, type KnownCall } from './verification.ts'

const SHAPE = v.strictObject({
  version: v.literal(1),
  calls: v.array(
    v.strictObject({ syscall: v.pipe(v.string(), v.minLength(1)), abi: v.pipe(v.string(), v.minLength(1)) }),
  ),
})

/** `file` is named in errors. */
export function parseBaseline(text: string, file: string): KnownCall[] {
  const { success, output, issues } = v.safeParse(SHAPE, parseJson(text, file))
  if (success) return output.calls
  const [issue] = issues
  throw unusable(file, `${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`)
}

/** One call a line, in order, so that a change of it is a change of a line. */
export function formatBaseline(calls: readonly KnownCall[]): string {
  const lines = calls.toSorted(byName).map(({ syscall, abi }) => `    ${JSON.stringify({ syscall, abi })}`)
  const unique = [...new Set(lines)]
  const list = unique.length === 0 ? '[]' : `[\n${unique.join(',\n')}\n  ]`
  return `{\n  "version": 1,\n  "calls": ${list}\n}\n`
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unusable(file, (error as Error).message)
  }
}

function unusable(file: string, problem: string): NotifydError {
  const hint = 'verify --baseline FILE --write-baseline writes one'
  return new NotifydError('ERR_BASELINE', `${file} is no baseline: ${problem}; ${hint}`)
}
