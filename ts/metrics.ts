/** Metrics that are counted here: name, unit, help, labels. Those that are read are in metric-readings.ts. */

import { Counter, Registry } from 'prom-client'
import { createContainerSeries, OWN_LABELS, type CountedCall } from './container-series.ts'
import { holdUnnamed, type HeldSeries, type Unnamed } from './held-series.ts'
import { createLabelCap, createSyscallCap } from './labels.ts'
import { createReadings, PREFIX, type Readings } from './metric-readings.ts'

export interface MetricsOptions {
  crioForm: 'syscalls' | 'syscall'
  retentionMs: number
  maxSyscalls: number
  maxContainers: number
}

export interface Metrics extends Pick<HeldSeries, 'named'> {
  counted(container: Unnamed, call: CountedCall): void
  /** `text`: `chroot (2x), swapoff (2x)`. */
  incident(container: Unnamed, text: string): void
  stop(outcome: StopOutcome): void
  /** Its series are removed when the retention has passed. */
  ended(container: Unnamed, atMs: number): void
  text(): Promise<{ type: string; body: string }>
}

const MAX_VERDICTS = 64
const STOP_OUTCOMES = ['stopped', 'failed', 'latched'] as const
type StopOutcome = (typeof STOP_OUTCOMES)[number]

export function createMetrics(options: MetricsOptions, readings: Readings): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const perContainer = holdUnnamed(createContainerSeries(options, createCounters(options, registers)))
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
  // A rate over a series that begins at 1 is 0: the first stop would be missed.
  for (const outcome of STOP_OUTCOMES) stops.inc({ outcome }, 0)
  const syscalls = createSyscallCap(options.maxSyscalls)
  const verdicts = createLabelCap(MAX_VERDICTS)
  for (const metric of createReadings(readings)) registry.registerMetric(metric)

  function counted(container: Unnamed, call: CountedCall): void {
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
    named: perContainer.named,
    stop: outcome => stops.inc({ outcome }),
  }
}

function createCounters({ crioForm }: MetricsOptions, registers: Registry[]) {
  const calls = new Counter({
    name: `${PREFIX}container_calls_total`,
    help: 'Calls that were answered, by container; gone some time after the container.',
    labelNames: [...OWN_LABELS, 'syscall'],
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
