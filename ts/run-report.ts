/** PURE: what a supervised command did, as told when all of it has ended. */

import { constants } from 'node:os'
import { viewOf, type CallCount, type Incident } from './container-view.ts'
import type { Container } from './containers.ts'
import { forbidden, forbiddenMessage, STOP_EXIT_CODE, STOP_REASON } from './termination.ts'

/** What became of the command itself. */
export interface Exit {
  exitCode?: number
  signal?: number
}

export interface RunReport {
  /** The command's own, 128 + signal, or 137 where it was stopped. */
  exitCode: number
  /** `SIGKILL`; null where it exited by itself. */
  signal: string | null
  /** `seccomp killed` where the policy stopped it, `aborted` where the caller did. */
  reason: string | null
  /** `Used forbidden syscalls: chroot (2x), swapoff (2x)`; null where there were none. */
  message: string | null
  calls: CallCount[]
  incidents: Incident[]
  incidentsTotal: number
  warnings: string[]
  startedAt: string
  finishedAt: string
}

export interface Outcome {
  container: Container
  exit: Exit
  aborted: boolean
  finishedAtMs: number
}

export function createReport(outcome: Outcome, toTime: (atMs: number) => string): RunReport {
  const { container, exit, aborted, finishedAtMs } = outcome
  const { calls, incidents, incidentsTotal, warnings, startedAt } = viewOf(container, toTime)
  const stopped = container.state === 'stopped'
  return {
    exitCode: stopped || aborted ? STOP_EXIT_CODE : exitCodeOf(exit),
    signal: exit.signal === undefined ? null : signalName(exit.signal),
    reason: stopped ? STOP_REASON : aborted ? 'aborted' : null,
    message: stopped ? container.message : summary(container),
    calls,
    incidents,
    incidentsTotal,
    warnings,
    startedAt,
    finishedAt: toTime(finishedAtMs),
  }
}

function summary({ calls, policy }: Container): string | null {
  const found = forbidden(calls.rows(), policy)
  return found.length === 0 ? null : forbiddenMessage(found)
}

function exitCodeOf({ exitCode, signal }: Exit): number {
  return signal === undefined ? (exitCode ?? 1) : 128 + signal
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]))

function signalName(signal: number): string {
  return SIGNALS.get(signal) ?? `SIG${signal}`
}
