/** PURE: counts and policy -> wait, log, stop or latched, with the message. */

import { isAllowed, isProbe } from './verdicts.ts'

export const STOP_REASON = 'seccomp killed'
export const REQUESTED_REASON = 'stopped on request'
export const STOP_EXIT_CODE = 137
const MOST_NAMES = 100
const PREFIX = 'Used forbidden syscalls: '

export interface Call {
  syscall: string
  verdict: string
  phase: 'init' | 'run'
  count: number
}

export interface Rules {
  action: 'log' | 'stop'
  ignore: readonly string[]
  probes: 'ignore' | 'count'
}

export interface Storm {
  stops: number
  withinMs: number
}

export interface Situation {
  /** Qualifying calls of the incident. */
  calls: readonly Call[]
  action: 'log' | 'stop'
  /** The debounce is over. */
  expired: boolean
  /** The container still runs, is what its hand-over says, and no stop was tried. */
  stoppable: boolean
  /** Monotonic times of earlier stops of the same workload. */
  stopsAtMs: readonly number[]
  storm: Storm
  nowMs: number
}

export type Decision = { kind: 'wait' } | { kind: 'log' | 'stop' | 'latched'; message: string }

/** The calls that start an incident. Those of the runtime itself, ignored ones and allowed ones never do. */
export function forbidden<T extends Call>(calls: readonly T[], rules: Rules): T[] {
  return calls.filter(call => call.count > 0 && qualifies(call, rules))
}

function qualifies(call: Call, rules: Rules): boolean {
  if (call.phase !== 'run' || isAllowed(call.verdict) || rules.ignore.includes(call.syscall)) return false
  return rules.probes === 'count' || !isProbe(call.verdict, call.syscall)
}

export function decide(situation: Situation): Decision {
  if (!situation.expired || situation.calls.length === 0) return { kind: 'wait' }
  const message = forbiddenMessage(situation.calls)
  if (situation.action === 'log' || !situation.stoppable) return { kind: 'log', message }
  return { kind: isLatched(situation.stopsAtMs, situation.storm, situation.nowMs) ? 'latched' : 'stop', message }
}

/** Whether a workload was stopped so often that stopping it again would only feed a restart storm. */
export function isLatched(stopsAtMs: readonly number[], storm: Storm, nowMs: number): boolean {
  if (storm.stops <= 0) return false
  return recentStops(stopsAtMs, storm, nowMs).length >= storm.stops
}

export function recentStops(stopsAtMs: readonly number[], storm: Storm, nowMs: number): number[] {
  return stopsAtMs.filter(at => nowMs - at < storm.withinMs)
}

/** `Used forbidden syscalls: chroot (2x), swapoff (2x)`. */
export function forbiddenMessage(calls: readonly Call[]): string {
  return PREFIX + forbiddenList(calls)
}

/** `chroot (2x), swapoff (2x)`: sorted by name, the ABIs and verdicts of one name summed, bounded. */
export function forbiddenList(calls: readonly Call[]): string {
  const names = [...sumByName(calls)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const shown = names.slice(0, MOST_NAMES).map(([name, count]) => `${name} (${count}x)`)
  if (names.length > MOST_NAMES) shown.push(`and ${names.length - MOST_NAMES} more`)
  return shown.join(', ')
}

function sumByName(calls: readonly Call[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { syscall, count } of calls) sums.set(syscall, (sums.get(syscall) ?? 0) + count)
  return sums
}
