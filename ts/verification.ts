/** PURE: what a verified command called that its profile denies, and what of it is new. */

import type { CallCount } from './container-view.ts'
import type { RunReport } from './run-report.ts'
import { isAllowed, LIBC_PROBES } from './verdicts.ts'

/** A call that is known and accepted, on whatever grounds. */
export interface KnownCall {
  syscall: string
  abi: string
}

export interface DeniedCall extends Pick<
  CallCount,
  'syscall' | 'abi' | 'number' | 'verdict' | 'count' | 'registers' | 'detail' | 'sites'
> {
  /** `new` fails a verification; `accepted`: the baseline has it; `probe`: a libc asks whether the kernel has it. */
  standing: 'new' | 'accepted' | 'probe'
}

export interface Verification extends Omit<RunReport, 'calls' | 'incidents' | 'incidentsTotal' | 'message'> {
  /** By name and ABI. */
  denied: DeniedCall[]
  /** Whether the command succeeded and nothing denied is new. */
  passed: boolean
  /** Of the baseline, what was not called. */
  unused: KnownCall[]
}

export interface Judgement {
  /** Calls that are no reason to fail. @default [] */
  baseline?: readonly KnownCall[]
  /** `count`: a libc's question fails the verification as any call does. @default 'ignore' */
  probes?: 'ignore' | 'count'
}

export function verificationOf(report: RunReport, { baseline = [], probes = 'ignore' }: Judgement): Verification {
  const { calls, incidents: _, incidentsTotal: __, message: ___, ...rest } = report
  const made = calls.filter(({ phase, verdict }) => phase === 'run' && !isAllowed(verdict))
  const denied = made.map(call => judge(call, baseline, probes)).toSorted(byName)
  return {
    ...rest,
    denied,
    passed: report.exitCode === 0 && !denied.some(({ standing }) => standing === 'new'),
    unused: baseline.filter(known => !denied.some(call => isSame(known, call))),
  }
}

function judge(call: CallCount, baseline: readonly KnownCall[], probes: 'ignore' | 'count'): DeniedCall {
  const { syscall, abi, number, verdict, count, registers, detail, sites } = call
  const isProbe = verdict === 'ENOSYS' && LIBC_PROBES.includes(syscall) && probes === 'ignore'
  const standing = baseline.some(known => isSame(known, call)) ? 'accepted' : isProbe ? 'probe' : 'new'
  const judged: DeniedCall = { syscall, abi, number, verdict, count, standing }
  if (registers !== undefined) judged.registers = registers
  if (detail !== undefined) judged.detail = detail
  if (sites !== undefined) judged.sites = sites
  return judged
}

function isSame(a: KnownCall, b: KnownCall): boolean {
  return a.syscall === b.syscall && a.abi === b.abi
}

export function byName(a: KnownCall, b: KnownCall): number {
  return compare(a.syscall, b.syscall) || compare(a.abi, b.abi)
}

/** The same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
