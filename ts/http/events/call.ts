/** PURE: one answered call as `/v1/events` sends it. */

import type { CallDetail } from '../../detail.ts'
import type { CallContainer, NotifydEvent } from '../../named-event.ts'

export interface StreamedCall {
  /** Null in the moment before the runtime has said whose listener it is. */
  container: CallContainer | null
  syscall: string
  abi: string
  number: number
  /** What the original profile says. */
  verdict: string
  /** What the caller got; null where the call was let run. */
  errno: string | null
  phase: 'init' | 'run'
  continued: boolean
  /** Registers as hexadecimal text, `0x7ffd3a10c0f0`: what they point to is not read. */
  args: string[]
  instructionPointer: string
  /** Thread id as the daemon's pid namespace has it; a hint only, numbers are reused. */
  tid: number
  /** ISO 8601 in UTC. */
  at: string
  /** From the receipt of the notification to its answer. */
  latencyNs: number
  /** Counts all answered calls of this daemon. */
  sequence: number
  /** Of the first calls of each kind: who made it and with what. Untrusted. */
  detail?: CallDetail
}

export function toCall(event: NotifydEvent, toTime: (atMs: number) => string): StreamedCall {
  const { container, syscall, abi, number, verdict, errno, phase, continued, tid, latencyNs, detail } = event
  const call: StreamedCall = {
    container: container ?? null,
    syscall,
    abi,
    number,
    verdict,
    errno,
    phase,
    continued,
    args: event.args.map(hex),
    instructionPointer: hex(event.instructionPointer),
    tid,
    at: toTime(event.atMs),
    latencyNs,
    sequence: Number(event.sequence),
  }
  if (detail !== undefined) call.detail = detail
  return call
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`
}
