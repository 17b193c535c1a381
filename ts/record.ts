/** Sees every call of one command and of its descendants, and makes profiles of what was seen. */

import { systemClock } from './clock.ts'
import { asked } from './profile-text.ts'
import { launch } from './launch.ts'
import { loadNative, type RecordedProfile } from './native.ts'
import { workApart } from './profile-work.ts'
import type { Purpose } from './record-file.ts'
import { isComplete, recordedCalls, type RecordedCall } from './recorded-calls.ts'
import type { RunReport } from './run-report.ts'
import type { Run, RunDeps, RunOptions } from './run.ts'

export type { RecordedProfile } from './native.ts'
export type { Purpose } from './record-file.ts'
export type { Phase } from './phases.ts'
export type { RecordedCall } from './recorded-calls.ts'
export type { CoveredCall } from './recording.ts'

export type RecordOptions = Pick<RunOptions, 'command' | 'args' | 'env' | 'cwd' | 'signal'>

export interface RecordedRun extends Omit<RunReport, 'calls' | 'incidents' | 'incidentsTotal' | 'message'> {
  calls: RecordedCall[]
  /** False where the command made more than a thousand different calls, of which those beyond are not told apart. */
  complete: boolean
}

export interface Recording extends Omit<Run, 'finished'> {
  /** Resolves when nobody of the command's process tree is left. */
  readonly finished: Promise<RecordedRun>
}

/** Starts the command, every call of which is let run. Rejects, with nothing executed, where that is not possible. */
export async function record(options: RecordOptions, deps: RunDeps = {}): Promise<Recording> {
  const { native = loadNative(), clock = systemClock } = deps
  const everything = { program: asked(() => native.notifyEveryCall()), restricts: true, warnings: [] }
  // Every call is let run, and none is made to wait.
  const policy = { answer: 'continue', deny: [], detail: { calls: 'off' } } as const
  const launched = await launch({ ...options, ...policy }, everything, { native, clock, watchArguments: true })
  const finished = launched.running.finished.then(report => recordedRun(report, launched.values()))
  return Object.assign(launched.running, { finished })
}

function recordedRun(report: RunReport, values: Parameters<typeof recordedCalls>[1]): RecordedRun {
  const { calls, incidents: _, incidentsTotal: __, message: ___, ...rest } = report
  return { ...rest, calls: recordedCalls(calls, values, report), complete: isComplete(calls) }
}

/** Of the one inside, whose tables decide which calls have a name that runtimes know. */
export function libseccompVersion(): string {
  return loadNative().libseccompVersion()
}

/** The smallest profile that lets the calls run. Its program was evaluated for each of them. */
export function recordedProfile(
  calls: readonly RecordedCall[],
  purpose: Partial<Purpose> = {},
): Promise<RecordedProfile> {
  const { runtimes = [], ioctlRequests = false } = purpose
  const seen = calls.map(({ abi, number, values }) => ({ abi, number, ...(values === undefined ? {} : { values }) }))
  return workApart('recordedProfile', seen, { runtimes, ioctlRequests })
}
