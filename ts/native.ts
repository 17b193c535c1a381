/** The addon as the rest sees it: loaded once, and what it says narrowed. Importing this file loads nothing. */

import type * as Addon from '../native/index.js'
import { nativeFile, requireAddon } from './addon.ts'

export { decodeEvent, EVENT_BYTES, type EventRecord } from './events.ts'

export type * from '../native/index.js'

export type Native = typeof Addon
export type Supervisor = Addon.Supervisor

/** What `attached` and `identified` tell. `state` is missing until the hand-over's JSON is complete. */
export interface Handover {
  atMs: number
  listener: number
  state?: Addon.ContainerState
  init?: Addon.InitProcess
  initProblem?: string
  peerPid?: number
  answer?: Addon.Answer
  hasProgram?: boolean
  warnings?: string[]
  /** The name under which the service manager holds the listener. */
  kept?: string
  /** Why nothing is known of a listener that came back. */
  keptProblem?: string
}

export type Notice =
  | ({ kind: 'attached' } & Handover)
  | ({ kind: 'identified' } & Handover)
  | { kind: 'detached'; atMs: number; listener: number; reason?: string; message?: string }
  | { kind: 'refused'; atMs: number; reason?: string; message?: string; id?: string }
  | { kind: 'membership'; atMs: number; listener: number; member?: boolean }
  | { kind: 'exited'; atMs: number; listener: number; exitCode?: number; signal?: number }
  | { kind: 'ended'; atMs: number; listener: number }
  | { kind: 'unkept'; atMs: number; listener: number; message?: string }
  | { kind: 'orphans'; atMs: number; listener: number; count?: number }

/** Undefined for a notice that names no listener but has to; an older addon must not break the loop. */
export function narrowNotice(notice: Addon.Notice): Notice | undefined {
  if (notice.kind !== 'refused' && notice.listener === undefined) return undefined
  return notice as Notice
}

let loaded: Native | undefined

/** Loads the addon once. */
export function loadNative(): Native {
  loaded ??= requireAddon() as Native
  return loaded
}

/** Path of the program that looks at waiting calls; undefined where it was not built or packed. */
export function inspectorPath(): string | undefined {
  try {
    return nativeFile('seccomp-notifyd-inspect')
  } catch {
    return undefined
  }
}
