/** PURE: the file of one recording, and what its runs come to. */

import * as v from 'valibot'
import { joined, NOTHING, type OpenRun } from './recorded-run.ts'
import { isRecordingName } from './recording-name.ts'
import { isComplete, recordedCalls } from './recorded-calls.ts'
import { addRun, NO_RUNS, type CoveredCall } from './recording.ts'
import { noveltyTexts } from './report/record.ts'

/** All runs that have ended, and the last state of those that have not. */
export interface RecordingFile {
  version: 1
  name: string
  runs: number
  calls: CoveredCall[]
  /** Names of calls that the container's own profile denied. */
  denied: string[]
  /** False where there were too many different calls to tell them apart. */
  complete: boolean
  startedAt: string
  /** When the last run has ended. */
  endedAt: string | null
  /** What that run was the first to call. */
  added: string[]
  open: OpenRun[]
}

/** What runs called that made numbers up is not kept without end. */
const MOST_CALLS = 2048

export function newRecording(name: string, startedAt: string): RecordingFile {
  return { version: 1, name, ...NO_RUNS, denied: [], complete: true, startedAt, endedAt: null, added: [], open: [] }
}

/** The run is over, or taken as if it were. A run of which nothing was seen adds nothing, and is none. */
export function ended(file: RecordingFile, run: OpenRun, finishedAt: string): RecordingFile {
  const open = file.open.filter(({ key }) => key !== run.key)
  const { startedAt, denied, calls, values } = run
  if (calls.length === 0) return { ...file, open }
  const { seen, novelty } = addRun(file, recordedCalls(calls, values, { startedAt, finishedAt }))
  return {
    ...file,
    runs: seen.runs,
    calls: seen.calls.slice(0, MOST_CALLS),
    denied: joined({ ...NOTHING, denied: file.denied }, { ...NOTHING, denied }).denied.slice(0, MOST_CALLS),
    complete: file.complete && isComplete(calls) && seen.calls.length <= MOST_CALLS,
    endedAt: finishedAt,
    added: noveltyTexts(novelty),
    open,
  }
}

const text = v.string()
const time = v.pipe(text, v.isoTimestamp())
const whole = v.pipe(v.number(), v.integer())
const some = v.pipe(whole, v.minValue(1))
const named = { syscall: v.pipe(text, v.minLength(1)), abi: v.pipe(text, v.minLength(1)), number: whole }
const values = v.exactOptional(v.array(v.pipe(text, v.regex(/^\d{1,20}$/))))
const runtime = v.exactOptional(v.literal(true))
const SHAPE = v.strictObject({
  version: v.literal(1),
  name: v.custom<string>(isRecordingName, 'it is no name for a recording'),
  runs: v.pipe(whole, v.minValue(0)),
  calls: v.array(
    v.strictObject({
      ...named,
      runs: some,
      count: some,
      only: v.exactOptional(v.picklist(['start', 'steady', 'end'])),
      runtime,
      values,
    }),
  ),
  denied: v.array(text),
  complete: v.boolean(),
  startedAt: time,
  endedAt: v.nullable(time),
  added: v.array(text),
  open: v.array(
    v.strictObject({
      key: v.pipe(text, v.minLength(1)),
      startedAt: time,
      calls: v.array(v.strictObject({ ...named, count: some, firstAt: time, lastAt: time, runtime })),
      values: v.array(v.strictObject({ abi: text, number: whole, values })),
      denied: v.array(text),
    }),
  ),
})

/** @throws Error for anything but what `formatRecording` makes, in one sentence. */
export function parseRecording(json: string): RecordingFile {
  const { success, output, issues } = v.safeParse(SHAPE, JSON.parse(json))
  if (success) return output
  throw new Error(`${v.getDotPath(issues[0]) ?? 'the document'}: ${issues[0].message}`)
}

/** One call a line. */
export function formatRecording({ calls, ...file }: RecordingFile): string {
  const head = JSON.stringify(file).slice(0, -1)
  return `${head},"calls":[\n${calls.map(call => JSON.stringify(call)).join(',\n')}\n]}\n`
}
