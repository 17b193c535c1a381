/** PURE: a recording as it is shown. */

import type { CoveredCall } from './recording.ts'
import { ended, type RecordingFile } from './recording-file.ts'
import type { OpenRun } from './recorded-run.ts'

export interface RecordingSummary {
  name: string
  /** Those of containers that run included. */
  runs: number
  /** Containers that run, and whose calls until now are included. */
  running: number
  /** How many different calls, those that the runtime alone has made left out. */
  different: number
  /** Names of calls that the containers' own profile denied: no profile made of the recording allows them. */
  denied: string[]
  /** False where there were too many different calls to tell them apart. */
  complete: boolean
  startedAt: string
  /** When the last run has ended; null while there is none. */
  endedAt: string | null
  /** What the last run that has ended was the first to call. */
  added: string[]
}

export interface RecordingView extends RecordingSummary {
  /** By name and ABI, with how many runs made each. */
  calls: CoveredCall[]
}

export function recordingView(file: RecordingFile, open: readonly OpenRun[], now: string): RecordingView {
  const all = open.reduce((sum, run) => ended(sum, run, now), file)
  const { name, startedAt, endedAt, added } = file
  // While a container runs nobody knows what its end is.
  const calls = open.length === 0 ? all.calls : all.calls.map(withoutPhase)
  const { runs, denied, complete } = all
  const different = calls.filter(({ runtime }) => runtime !== true).length
  return { name, runs, running: open.length, different, denied, complete, startedAt, endedAt, added, calls }
}

function withoutPhase(call: CoveredCall): CoveredCall {
  const copy = { ...call }
  delete copy.only
  return copy
}

export function summaryOf(view: RecordingView): RecordingSummary {
  const { name, runs, running, different, denied, complete, startedAt, endedAt, added } = view
  return { name, runs, running, different, denied, complete, startedAt, endedAt, added }
}
