/** What is known of containers. Live ones are in the registry, ended ones in the history, none in both. Every reader sees what is so now. */

import { toTime, type Clock } from './clock.ts'
import { viewOf, type ContainerView } from './container-view.ts'
import type { DaemonEvents } from './daemon-hooks.ts'
import type { Emitter } from './emitter.ts'
import type { History } from './history.ts'
import type { DaemonSource, MetricsText, RecordingSource } from './http/source.ts'
import type { Ledger } from './ledger.ts'
import type { Metrics } from './metrics.ts'
import type { NotifydEvent } from './named-event.ts'
import { OPEN_METRICS_TYPE, prefersOpenMetrics, toOpenMetrics } from './open-metrics.ts'

export type Reading = Omit<DaemonSource, 'stopContainer' | 'changePolicy' | keyof RecordingSource>

interface SourceDeps {
  ledger: Ledger
  history: History
  clock: Clock
  metrics: Metrics
  emitter: Emitter<DaemonEvents>
  ready: () => boolean
  survivesRestart: () => boolean
}

export function createSource(deps: SourceDeps): Reading {
  const { ledger, history, clock, metrics, emitter, ready, survivesRestart } = deps
  const { registry, catchUp } = ledger
  const time = toTime(clock)

  function containers(): ContainerView[] {
    catchUp()
    return [...history.views(), ...registry.all().map(each => viewOf(each, time))]
  }

  function container(wanted: string): ContainerView | undefined {
    catchUp()
    const live = registry.get(wanted)
    if (live !== undefined) return viewOf(live, time)
    return history.get(wanted) ?? newest(containers().filter(({ id }) => id === wanted))
  }

  async function metricsText(accept?: string): Promise<MetricsText> {
    catchUp()
    // A container whose name is not found yet has no series yet.
    await ledger.named()
    const scrape = await metrics.text()
    if (!prefersOpenMetrics(accept)) return scrape
    return { type: OPEN_METRICS_TYPE, body: toOpenMetrics(scrape.body) }
  }

  function onEvent(take: (event: NotifydEvent) => void): () => void {
    emitter.on('event', take)
    return () => void emitter.off('event', take)
  }

  return { containers, container, ready, survivesRestart, metricsText, onEvent, timeOf: time }
}

function newest(views: ContainerView[]): ContainerView | undefined {
  return views.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1)).at(-1)
}
