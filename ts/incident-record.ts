/** Puts an incident that is over on its container's books. */

import type { CallRow } from './calls.ts'
import { toTime, type Clock } from './clock.ts'
import type { Incident } from './container-view.ts'
import { addIncident, type Container } from './containers.ts'
import type { Span } from './debounce.ts'
import { forbiddenMessage } from './termination.ts'

export interface RecorderDeps {
  clock: Clock
  recorded(container: Container, incident: Incident): void
}

export type Record = (container: Container, span: Span, calls: CallRow[], outcome: Incident['outcome']) => void

export function createRecorder({ clock, recorded }: RecorderDeps): Record {
  const time = toTime(clock)
  return (container, span, calls, outcome) => {
    const [startedAt, endedAt] = [time(span.firstAtMs), time(clock.nowMs())]
    const incident: Incident = { startedAt, endedAt, message: forbiddenMessage(calls), outcome }
    addIncident(container, incident)
    recorded(container, incident)
  }
}
