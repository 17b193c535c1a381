/** PURE: the file beside a recorded profile, which says of how many runs it was made, and how many made each call. */

import * as v from 'valibot'
import { NotifydError } from './errors.ts'
import type { Seen } from './recording.ts'

/** What the profile is for. */
export interface Purpose {
  runtimes: ('runc' | 'crun')[]
  ioctlRequests: boolean
}

const whole = v.pipe(v.number(), v.integer())
const text = v.pipe(v.string(), v.minLength(1))
const SHAPE = v.strictObject({
  version: v.literal(1),
  purpose: v.strictObject({ runtimes: v.array(v.picklist(['runc', 'crun'])), ioctlRequests: v.boolean() }),
  runs: v.pipe(whole, v.minValue(1)),
  calls: v.array(
    v.strictObject({
      syscall: text,
      abi: text,
      number: whole,
      runs: v.pipe(whole, v.minValue(1)),
      count: v.pipe(whole, v.minValue(1)),
      only: v.exactOptional(v.picklist(['start', 'steady', 'end'])),
      values: v.exactOptional(v.array(v.pipe(v.string(), v.regex(/^\d{1,20}$/)))),
    }),
  ),
})

export interface RecordFile {
  seen: Seen
  purpose: Purpose
}

/** `file` is named in errors. */
export function parseRecord(json: string, file: string): RecordFile {
  const { success, output, issues } = v.safeParse(SHAPE, parseJson(json, file))
  if (!success) throw unusable(file, `${v.getDotPath(issues[0]) ?? 'the document'}: ${issues[0].message}`)
  const { runs, calls, purpose } = output
  return { seen: { runs, calls }, purpose }
}

/** One call a line. */
export function formatRecord({ seen: { runs, calls }, purpose }: RecordFile): string {
  const lines = calls.map(call => `    ${JSON.stringify(call)}`).join(',\n')
  return `{\n  "version": 1,\n  "purpose": ${JSON.stringify(purpose)},\n  "runs": ${runs},\n  "calls": [\n${lines}\n  ]\n}\n`
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw unusable(file, (error as Error).message)
  }
}

function unusable(file: string, problem: string): NotifydError {
  return new NotifydError('ERR_RECORD', `${file} is no record of runs: ${problem}; without --append a new one is begun`)
}
