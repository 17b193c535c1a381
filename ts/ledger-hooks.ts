/** What the ledger tells, and of what. */

import type { CallRow, Growth } from './calls.ts'
import type { Incident } from './container-view.ts'
import type { Container } from './containers.ts'
import type { NameEvent } from './named-event.ts'
import type { Notice } from './native.ts'

export interface LedgerHooks {
  attached(container: Container, isNew: boolean): void
  /** Its name, which was looked for in the files of its engine, is found or given up. */
  named(container: Container): void
  /** A container of a former daemon goes on with its entry. */
  resumed(container: Container): void
  /** Something that no other hook tells of. */
  changed(container: Container): void
  grown(container: Container, growth: Growth[]): void
  closing(container: Container, calls: CallRow[]): void
  incident(container: Container, incident: Incident): void
  /** An operator wants the container stopped, and then: what came of it, where no incident tells. */
  stopRequested(container: Container): void
  stopDone(container: Container, done: boolean): void
  ended(container: Container): void
  warning(container: Container, warning: string): void
  refused(notice: Notice & { kind: 'refused' }): void
  /** Of the command of `run`. */
  left(notice: Notice & { kind: 'exited' | 'ended' }): void
  event(): ((...record: Parameters<NameEvent>) => void) | undefined
}
