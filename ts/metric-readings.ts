/** Metrics that are read when somebody scrapes: name, unit, help, labels. */

import { Counter, Gauge, type Metric } from 'prom-client'
import { latencyHistogram } from './latency.ts'
import type { Stats } from './native.ts'

export const PREFIX = 'seccomp_notifyd_'

/** What is read when somebody scrapes. */
export interface Readings {
  stats(): Stats
  /** Of every live container. */
  states(): string[]
  nowMs(): number
  build: { version: string; node: string; libseccomp: string }
  /** How late a callback comes that is due at once. */
  lagSeconds(): Promise<number>
}

export function createReadings(readings: Readings): Metric[] {
  const { stats } = readings
  return [
    gauge('open_listeners', 'Listeners that are served.', metric => metric.set(stats().listeners)),
    gauge('event_loop_lag_seconds', 'How late JavaScript is; answers to calls do not wait for it.', async metric =>
      metric.set(await readings.lagSeconds()),
    ),
    gauge('containers', 'Containers that are watched, by state.', metric => countStates(metric, readings), ['state']),
    total('aborted_notifications_total', 'Calls that a signal took back before they were answered.', metric =>
      metric.inc(stats().aborted),
    ),
    total('dropped_events_total', 'Events that the ring had no room for; no count misses them.', metric =>
      metric.inc(stats().eventsDropped),
    ),
    total(
      'handovers_refused_total',
      'Hand-overs of runtimes that were refused.',
      metric => countReasons(metric, stats().refused),
      ['reason'],
    ),
    total(
      'failed_looks_total',
      'Calls that were looked at while they waited, and of which nothing could be read.',
      metric => countReasons(metric, stats().failedLooks),
      ['reason'],
    ),
    gauge('build_info', 'Versions; always 1.', metric => metric.set(readings.build, 1), [
      'version',
      'node',
      'libseccomp',
    ]),
    // prom-client's own histogram takes single observations; these buckets are counted natively.
    latencyHistogram(`${PREFIX}answer_latency_seconds`, stats) as unknown as Metric,
  ]
}

type Read<T> = (metric: T) => void | Promise<void>

function gauge(name: string, help: string, read: Read<Gauge>, labelNames: string[] = []): Gauge {
  async function collect(this: Gauge): Promise<void> {
    this.reset()
    await read(this)
  }
  return new Gauge({ name: PREFIX + name, help, labelNames, registers: [], collect })
}

function total(name: string, help: string, read: Read<Counter>, labelNames: string[] = []): Counter {
  async function collect(this: Counter): Promise<void> {
    this.reset()
    await read(this)
  }
  return new Counter({ name: PREFIX + name, help, labelNames, registers: [], collect })
}

function countStates(metric: Gauge, { states }: Readings): void {
  for (const state of states()) metric.inc({ state })
}

function countReasons(metric: Counter, counts: Stats['refused']): void {
  for (const { reason, count } of counts) metric.inc({ reason }, count)
}
