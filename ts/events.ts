/** PURE: the event record that the addon's ring holds, decoded. Little-endian, EVENT_BYTES each. */

import type { CallDetail } from './detail.ts'

export const EVENT_BYTES = 112

const FLAG_INIT = 1
const FLAG_CONTINUED = 2
const FLAG_DETAIL = 4

/** One answered notification. Numbers that can pass 2^53 are bigints. */
export interface EventRecord {
  listener: number
  arch: number
  number: number
  /** SECCOMP_RET_* value of the original profile. */
  verdict: number
  notificationId: bigint
  /** Monotonic milliseconds. */
  atMs: number
  tid: number
  /** Errno that was answered; 0 where the call was let run. */
  errno: number
  phase: 'init' | 'run'
  continued: boolean
  latencyNs: number
  instructionPointer: bigint
  args: bigint[]
  sequence: bigint
}

export function decodeEvent(view: DataView, offset: number): EventRecord {
  const flags = view.getUint32(offset + 40, true)
  return {
    listener: view.getUint32(offset, true),
    arch: view.getUint32(offset + 4, true),
    number: view.getInt32(offset + 8, true),
    verdict: view.getUint32(offset + 12, true),
    notificationId: view.getBigUint64(offset + 16, true),
    atMs: view.getFloat64(offset + 24, true),
    tid: view.getUint32(offset + 32, true),
    // The kernel is sent the negative number.
    errno: Math.abs(view.getInt32(offset + 36, true)),
    phase: (flags & FLAG_INIT) === 0 ? 'run' : 'init',
    continued: (flags & FLAG_CONTINUED) !== 0,
    latencyNs: view.getUint32(offset + 44, true),
    instructionPointer: view.getBigUint64(offset + 48, true),
    args: decodeArgs(view, offset + 56),
    sequence: view.getBigUint64(offset + 104, true),
  }
}

function decodeArgs(view: DataView, offset: number): bigint[] {
  return [
    view.getBigUint64(offset, true),
    view.getBigUint64(offset + 8, true),
    view.getBigUint64(offset + 16, true),
    view.getBigUint64(offset + 24, true),
    view.getBigUint64(offset + 32, true),
    view.getBigUint64(offset + 40, true),
  ]
}

/** Is told where a record lies, and what was read of the call. The record's bytes are good until it returns. */
export type TakeRecord = (view: DataView, offset: number, detail: CallDetail | undefined) => void

/** What the pump looks at for every event; kept apart from decodeEvent because a flood costs only this. */
export interface EventKey {
  listener: number
  arch: number
  number: number
  verdict: number
  init: boolean
}

export function readEventKey(view: DataView, offset: number): EventKey {
  return {
    listener: view.getUint32(offset, true),
    arch: view.getUint32(offset + 4, true),
    number: view.getInt32(offset + 8, true),
    verdict: view.getUint32(offset + 12, true),
    init: (view.getUint32(offset + 40, true) & FLAG_INIT) !== 0,
  }
}

/** Whether two records have the same key, and the same of continued. */
export function isSameCall(view: DataView, a: number, b: number): boolean {
  return (
    view.getInt32(a, true) === view.getInt32(b, true) &&
    view.getInt32(a + 8, true) === view.getInt32(b + 8, true) &&
    view.getInt32(a + 4, true) === view.getInt32(b + 4, true) &&
    view.getInt32(a + 12, true) === view.getInt32(b + 12, true) &&
    view.getInt32(a + 40, true) === view.getInt32(b + 40, true)
  )
}

/** Whether something was read of the call, or was to be read. */
export function hasDetail(view: DataView, offset: number): boolean {
  return (view.getUint32(offset + 40, true) & FLAG_DETAIL) !== 0
}

export function readSequence(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset + 104, true))
}

export function readListener(view: DataView, offset: number): number {
  return view.getUint32(offset, true)
}

export function readEventTimeMs(view: DataView, offset: number): number {
  return view.getFloat64(offset + 24, true)
}
