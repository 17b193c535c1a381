/** What the subscribers of a run are told. */

import type { Names } from './calls.ts'
import type { Incident } from './container-view.ts'
import type { Emitter } from './emitter.ts'
import type { LedgerHooks } from './ledger-hooks.ts'
import { createEventNaming, type NotifydEvent } from './named-event.ts'
import type { Exit } from './run-report.ts'

/** Event names and what their subscribers get. */
export interface RunEvents {
  event: [NotifydEvent]
  incident: [Incident]
  warning: [string]
  /** The command itself has ended; descendants may go on. */
  exited: [Exit]
}

export interface Ending {
  left: LedgerHooks['left']
  ended: Promise<{ exit: Exit; atMs: number }>
}

/** Tells the subscribers when the command ends, and resolves when nobody of its tree is left. */
export function createEnding(emitter: Emitter<RunEvents>): Ending {
  let exit: Exit = {}
  let end: (value: { exit: Exit; atMs: number }) => void = ignore
  const ended = new Promise<{ exit: Exit; atMs: number }>(resolve => (end = resolve))
  const left: LedgerHooks['left'] = notice => {
    if (notice.kind === 'ended') return end({ exit, atMs: notice.atMs })
    exit = notice
    emitter.tell('exited', exit)
  }
  return { left, ended }
}

function ignore(): void {}

/** One container, told to the subscribers of the run alone. */
export function createHooks(emitter: Emitter<RunEvents>, names: Names, left: LedgerHooks['left']): LedgerHooks {
  const nameEvent = createEventNaming(names)
  return {
    attached: ignore,
    named: ignore,
    resumed: ignore,
    changed: ignore,
    grown: ignore,
    closing: ignore,
    stopRequested: ignore,
    stopDone: ignore,
    ended: ignore,
    refused: ignore,
    left,
    incident: (_, incident) => emitter.tell('incident', incident),
    warning: (_, warning) => emitter.tell('warning', warning),
    event() {
      if (emitter.listenerCount('event') === 0) return undefined
      return (...record) => emitter.tell('event', nameEvent(...record))
    },
  }
}
