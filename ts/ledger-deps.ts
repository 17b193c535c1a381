/** What the books of supervision are kept with. */

import type { Names } from './calls.ts'
import type { Clock } from './clock.ts'
import type { Container, Described } from './containers.ts'
import type { Telling } from './last-words.ts'
import type { LedgerHooks } from './ledger-hooks.ts'
import type { Answer, Handover, Supervisor } from './native.ts'
import type { NoticesDeps } from './notices.ts'
import type { Storm } from './termination.ts'

export interface LedgerDeps {
  supervisor: () => Supervisor
  names: Names
  clock: Clock
  storm: Storm
  /** Makes container keys unique among runs. */
  epoch: string
  /** Answer of a listener whose hand-over asked for none. */
  answer: Answer
  describe(handover: Handover): Described
  /** A listener's counters are read; for the last time before it is forgotten. */
  reading?(container: Container, listener: number): void
  /** What is written before a container is stopped. */
  lastWords?(container: Container): Promise<Telling | undefined>
  /** What a former daemon knew of the container of a listener that came back. */
  savedOf?: NoticesDeps['savedOf']
  hooks: LedgerHooks
}
