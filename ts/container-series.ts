/** PURE: which series a container has. Counting is done by the caller's counters. */

import type { Origin } from './identity.ts'
import { createSeries, type LabelledCounter, type Labels } from './series.ts'
import { isAllowed } from './verdicts.ts'

/** The part of a container's call that becomes labels. `count` is what was added. */
export interface CountedCall {
  syscall: string
  verdict: string
  phase: 'init' | 'run'
  count: number
}
export interface Labelled {
  key: string
  name: string
  origin: Pick<Origin, 'namespace' | 'pod' | 'podContainer'>
}

export interface ContainerCounters {
  /** Labels OWN_LABELS and `syscall`. */
  calls: LabelledCounter
  /** Labels `name` and the form's. */
  crio: LabelledCounter
}
export interface ContainerSeriesOptions {
  crioForm: 'syscalls' | 'syscall'
  retentionMs: number
  maxSyscalls: number
  maxContainers: number
}

export interface ContainerSeries {
  counted(container: Labelled, call: CountedCall): void
  incident(container: Labelled, text: string): void
  ended(container: Labelled, atMs: number): void
  expire(nowMs: number): void
}

export const OWN_LABELS = ['container', 'namespace', 'pod', 'pod_container'] as const

export function createContainerSeries(options: ContainerSeriesOptions, counters: ContainerCounters): ContainerSeries {
  const { crioForm, retentionMs, maxSyscalls: maxTexts, maxContainers } = options
  const bounds = { maxTexts, maxContainers, retentionMs }
  const calls = createSeries({ ...bounds, counter: counters.calls, textName: 'syscall' })
  const crio = createSeries({ ...bounds, counter: counters.crio, textName: crioForm })

  function counted(container: Labelled, { syscall, verdict, phase, count }: CountedCall): void {
    const { key, name } = container
    calls.count(key, ownLabels(container), syscall, count)
    if (crioForm === 'syscall' && phase === 'run' && !isAllowed(verdict)) crio.count(key, { name }, syscall, count)
  }

  return {
    counted,
    incident: ({ key, name }, text) => (crioForm === 'syscalls' ? crio.count(key, { name }, text, 1) : undefined),
    ended({ key }, atMs) {
      calls.ended(key, atMs)
      crio.ended(key, atMs)
    },
    expire(nowMs) {
      calls.expire(nowMs)
      crio.expire(nowMs)
    },
  }
}

/** To Prometheus an empty label is none. The parts stand for themselves, since the name cannot be taken apart. */
function ownLabels({ name, origin }: Labelled): Labels & Record<(typeof OWN_LABELS)[number], string> {
  const { namespace, pod, podContainer } = origin
  return { container: name, namespace: namespace ?? '', pod: pod ?? '', pod_container: podContainer ?? '' }
}
