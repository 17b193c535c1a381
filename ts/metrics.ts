/** Every metric: name, unit, help, labels. The only user of prom-client. */

import { Counter, Gauge, Registry, type Metric } from 'prom-client'
import { createContainerSeries, type CountedCall, type Labelled } from './container-series.ts'
import { createLabelCap, createSyscallCap } from './labels.ts'
import { latencyHistogram } from './latency.ts'
import type { Stats } from './native.ts'

export interface MetricsOptions {
  crioForm: 'syscalls' | 'syscall'
  retentionMs: number
  maxSyscalls: number
  maxContainers: number
}

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

export interface Metrics {
  counted(container: Labelled, call: CountedCall): void
  /** `text`: `chroot (2x), swapoff (2x)`. */
  incident(container: Labelled, text: string): void
  stop(outcome: 'stopped' | 'failed' | 'latched'): void
  /** Its series are removed when the retention has passed. */
  ended(container: Labelled, atMs: number): void
  text(): Promise<{ type: string; body: string }>
}

const PREFIX = 'seccomp_notifyd_'
const MAX_VERDICTS = 64

export function createMetrics(options: MetricsOptions, readings: Readings): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const perContainer = createContainerSeries(options, createCounters(options, registers))
  const calls = new Counter({
    name: `${PREFIX}calls_total`,
    help: 'Calls that were answered, of all containers since the start, by what their profile says of them.',
    labelNames: ['syscall', 'verdict', 'phase'],
    registers,
  })
  const stops = new Counter({
    name: `${PREFIX}stops_total`,
    help: 'Containers that were to be stopped, by what came of it.',
    labelNames: ['outcome'],
    registers,
  })
  const syscalls = createSyscallCap(options.maxSyscalls)
  const verdicts = createLabelCap(MAX_VERDICTS)
  for (const metric of createReadings(readings)) registry.registerMetric(metric)

  function counted(container: Labelled, call: CountedCall): void {
    const labels = { syscall: syscalls.admit(call.syscall), verdict: verdicts.admit(call.verdict), phase: call.phase }
    calls.inc(labels, call.count)
    perContainer.counted(container, call)
  }

  async function text(): Promise<{ type: string; body: string }> {
    perContainer.expire(readings.nowMs())
    return { type: registry.contentType, body: await registry.metrics() }
  }

  return {
    counted,
    text,
    incident: perContainer.incident,
    ended: perContainer.ended,
    stop: outcome => stops.inc({ outcome }),
  }
}

function createCounters({ crioForm }: MetricsOptions, registers: Registry[]) {
  const calls = new Counter({
    name: `${PREFIX}container_calls_total`,
    help: 'Calls that were answered, by container; gone some time after the container.',
    labelNames: ['container', 'syscall'],
    registers,
  })
  const crio = new Counter({
    name: 'container_runtime_crio_containers_seccomp_notifier_count_total',
    help: 'Forbidden system calls, as CRI-O counts them.',
    labelNames: ['name', crioForm],
    registers,
  })
  return { calls, crio }
}

/** What is read when somebody scrapes, not counted here. */
function createReadings(readings: Readings): Metric[] {
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
      metric => countRefusals(metric, stats()),
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

function countRefusals(metric: Counter, { refused }: Stats): void {
  for (const { reason, count } of refused) metric.inc({ reason }, count)
}
