/** Where what the ledger tells goes: log, metrics, history, subscribers. */

import type { Names } from './calls.ts'
import { viewOf, type ContainerView, type Incident } from './container-view.ts'
import type { Container } from './containers.ts'
import type { Emitter } from './emitter.ts'
import type { History } from './history.ts'
import type { KeptBooks } from './keeping.ts'
import type { LedgerHooks } from './ledger-hooks.ts'
import type { Metrics } from './metrics.ts'
import { createEventNaming, type NotifydEvent } from './named-event.ts'
import type { Narration } from './narration.ts'
import type { Recordings } from './recordings.ts'
import { forbiddenList } from './termination.ts'

export interface Refusal {
  reason: string
  message: string
  /** The container's id, where it was told. */
  id: string | null
}

/** Event names and what their subscribers get. */
export interface DaemonEvents {
  event: [NotifydEvent]
  attached: [ContainerView]
  /** Name and origin were looked for in the files of its engine; until then they are those of the hand-over. */
  named: [ContainerView]
  incident: [ContainerView, Incident]
  stopped: [ContainerView]
  ended: [ContainerView]
  refused: [Refusal]
  warning: [ContainerView, string]
}

export interface HookDeps {
  emitter: Emitter<DaemonEvents>
  history: History
  metrics: Metrics
  narration: Narration
  /** For the next daemon; undefined where nothing survives this one. */
  keeping: KeptBooks | undefined
  recordings: Pick<Recordings, 'began' | 'ended'>
  names: Names
  toTime: (atMs: number) => string
  nowMs: () => number
  forget: (key: string) => void
  isKept: (key: string) => boolean
}

const STOP_OUTCOMES = { stopped: 'stopped', 'stop failed': 'failed', latched: 'latched', logged: undefined } as const

export function createHooks(deps: HookDeps): LedgerHooks {
  const { emitter, history, metrics, narration, keeping, recordings, names } = deps
  const view = (container: Container) => viewOf(container, deps.toTime)
  const nameEvent = createEventNaming(names)
  const changed = (container: Container) => {
    keeping?.changed(container)
    history.changed(container.key, () => view(container))
  }

  return {
    changed,
    resumed(container) {
      changed(container)
      narration.resumed(container)
      recordings.began(container)
    },
    attached(container, isNew) {
      // At once: the history may be written before the next daemon could know of it otherwise.
      keeping?.write(container)
      changed(container)
      if (!isNew) return
      narration.attached(container)
      emitter.tell('attached', view(container))
      recordings.began(container)
    },
    named(container) {
      metrics.named(container)
      narration.named(container)
      if (deps.isKept(container.key)) changed(container)
      else if (history.get(container.key) !== undefined) history.ended(view(container))
      emitter.tell('named', view(container))
    },
    grown(container, growth) {
      for (const call of growth) metrics.counted(container, call)
      narration.grown(container, growth)
      changed(container)
    },
    closing: (container, calls) => metrics.incident(container, forbiddenList(calls)),
    incident(container, incident) {
      const stop = STOP_OUTCOMES[incident.outcome]
      if (stop !== undefined) metrics.stop(stop)
      narration.incident(container, incident)
      changed(container)
      emitter.tell('incident', view(container), incident)
      if (stop === 'stopped') emitter.tell('stopped', view(container))
    },
    stopRequested: narration.stopRequested,
    stopDone(container, done) {
      metrics.stop(done ? 'stopped' : 'failed')
      changed(container)
      if (done) emitter.tell('stopped', view(container))
    },
    ended(container) {
      recordings.ended(container)
      narration.ended(container)
      metrics.ended(container, deps.nowMs())
      keeping?.ended(container)
      history.ended(view(container))
      deps.forget(container.key)
      emitter.tell('ended', view(container))
    },
    warning(container, warning) {
      narration.warning(container, warning)
      changed(container)
      emitter.tell('warning', view(container), warning)
    },
    refused({ reason = 'unknown', message = '', id = null }) {
      narration.refused({ reason, message, id: id ?? '' })
      emitter.tell('refused', { reason, message, id })
    },
    // Only `run` launches commands.
    left: () => {},
    event() {
      if (emitter.listenerCount('event') === 0) return undefined
      return (...record) => emitter.tell('event', nameEvent(...record))
    },
  }
}
