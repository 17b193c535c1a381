/** Listeners that the service manager has kept from a former daemon, and those that it does not keep. */

import type { Answers } from './answers.ts'
import type { Container, Described } from './containers.ts'
import type { Incidents } from './incidents.ts'
import type { LedgerHooks } from './ledger-hooks.ts'
import type { Namings } from './namings.ts'
import type { Handover, Notice } from './native.ts'
import type { Registry } from './registry.ts'
import { describeSaved, type SavedContainer } from './saved-container.ts'

export interface ReturnsDeps {
  registry: Registry
  incidents: Incidents
  namings: Namings
  hooks: LedgerHooks
  answers: Answers
  describe(handover: Handover): Described
  /** Adds what a listener's counters have grown by. */
  grow(listener: number): void
  tellWarning(container: Container, text: string): void
}

export interface Returns {
  /** Goes on with the container as a former daemon has left it. */
  resume(handover: Handover, saved: SavedContainer): void
  unkept(notice: Notice & { kind: 'unkept' }): void
  orphans(notice: Notice & { kind: 'orphans' }): void
}

export function createReturns(deps: ReturnsDeps): Returns {
  const { registry, incidents, namings, hooks, answers, describe, grow, tellWarning } = deps

  /** Without its record nobody knows how its calls were answered, so what an operator asked for is not gone on with. */
  function resume(handover: Handover, saved: SavedContainer): void {
    const { listener, answer, kept = '', keptProblem } = handover
    const known = keptProblem === undefined ? saved : { ...saved, requested: {} }
    const described = describeSaved(known, describe(handover))
    const { container, isFirst } = registry.resume(listener, saved, described)
    container.kept.set(listener, kept)
    if (answer !== undefined) answers.granted(listener, answer)
    answers.applyTo(listener, container)
    if (isFirst && described.lookUp !== undefined) namings.begin(container, described.lookUp)
    if (isFirst && saved.watch !== null) incidents.resume(container, saved.watch)
    if (isFirst) hooks.resumed(container)
    if (keptProblem !== undefined) tellWarning(container, keptProblem)
    grow(listener)
  }

  function unkept({ listener, message = '' }: Notice & { kind: 'unkept' }): void {
    const container = registry.of(listener)
    if (container?.kept.delete(listener) === true)
      tellWarning(container, `it does not survive a restart of the daemon: ${message}`)
  }

  function orphans({ listener, count = 0 }: Notice & { kind: 'orphans' }): void {
    const container = registry.of(listener)
    if (container === undefined) return
    tellWarning(
      container,
      `${count} calls that a former daemon left waiting were answered with the default errno; which ones they were is not known, and they are not counted`,
    )
  }

  return { resume, unkept, orphans }
}
