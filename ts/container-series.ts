/** PURE: which series a container has, so that they can be removed when it is gone. Counting is done by the caller's counters. */

import { createLabelCap, createSyscallCap, OTHER_LABEL, type LabelCap } from './labels.ts'
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
}

interface LabelledCounter {
  inc(labels: Record<string, string>, value: number): void
  remove(labels: Record<string, string>): void
}
export interface ContainerCounters {
  /** Labels `container` and `syscall`. */
  calls: LabelledCounter
  /** Labels `name` and the form's. */
  crio: LabelledCounter
}
export interface SeriesOptions {
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

/** Of one container label; several incarnations may share it, and it lives as long as the last of them. */
interface Shared {
  users: Set<string>
  removals: Map<string, () => void>
}

export function createContainerSeries(options: SeriesOptions, counters: ContainerCounters): ContainerSeries {
  const { crioForm, retentionMs, maxSyscalls, maxContainers } = options
  const containers = createLabelCap(maxContainers)
  const labels = new Map<string, string>()
  const shared = new Map<string, Shared>()
  const endings = new Map<string, number>()
  const calls = createWriter(counters.calls, 'container', 'syscall', createSyscallCap(maxSyscalls))
  const crio = createWriter(counters.crio, 'name', crioForm, createSyscallCap(maxSyscalls))

  function use({ key, name }: Labelled): { label: string; removals: Shared['removals'] } {
    const label = labels.get(key) ?? containers.admit(name)
    if (label === OTHER_LABEL) return { label, removals: new Map() }
    labels.set(key, label)
    const known = shared.get(label) ?? { users: new Set(), removals: new Map() }
    shared.set(label, known)
    known.users.add(key)
    return { label, removals: known.removals }
  }

  function counted(container: Labelled, { syscall, verdict, phase, count }: CountedCall): void {
    const { label, removals } = use(container)
    calls(label, syscall, count, removals)
    if (crioForm === 'syscall' && phase === 'run' && !isAllowed(verdict)) crio(label, syscall, count, removals)
  }

  function incident(container: Labelled, text: string): void {
    if (crioForm !== 'syscalls') return
    const { label, removals } = use(container)
    crio(label, text, 1, removals)
  }

  function ended({ key }: Labelled, atMs: number): void {
    if (labels.has(key)) endings.set(key, atMs)
    expire(atMs)
  }

  function expire(nowMs: number): void {
    for (const [key, atMs] of endings) {
      // They are in the order of their ends.
      if (nowMs - atMs < retentionMs) return
      endings.delete(key)
      release(key, labels.get(key) ?? '')
    }
  }

  /** `other` never gets here: it is a total, and removing it would take other containers' counts back. */
  function release(key: string, label: string): void {
    labels.delete(key)
    const known = shared.get(label)
    known?.users.delete(key)
    if (known === undefined || known.users.size > 0) return
    for (const remove of known.removals.values()) remove()
    shared.delete(label)
    containers.free(label)
  }

  return { counted, incident, ended, expire }
}

type Write = (container: string, text: string, count: number, removals: Shared['removals']) => void

/** Counts, and keeps the second label taken as long as any container has it. */
function createWriter(counter: LabelledCounter, containerName: string, textName: string, cap: LabelCap): Write {
  const uses = new Map<string, number>()
  /** Series of `other`, which are never removed. */
  const pinned = new Map<string, () => void>()

  function free(text: string): void {
    const left = (uses.get(text) ?? 1) - 1
    if (left > 0) return void uses.set(text, left)
    uses.delete(text)
    cap.free(text)
  }

  return (container, value, count, removals) => {
    const text = cap.admit(value)
    const labels = { [containerName]: container, [textName]: text }
    counter.inc(labels, count)
    const series = `${containerName} ${text}`
    const known = container === OTHER_LABEL ? pinned : removals
    if (known.has(series)) return
    uses.set(text, (uses.get(text) ?? 0) + 1)
    known.set(series, () => {
      counter.remove(labels)
      free(text)
    })
  }
}
