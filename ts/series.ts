/** PURE: the series of one counter that containers have, so that they can be removed when those are gone. */

import { clip } from './clip.ts'
import { createSyscallCap, MAX_LABEL_CHARS, OTHER_LABEL, type LabelCap } from './labels.ts'

export type Labels = Record<string, string>

export interface LabelledCounter {
  inc(labels: Labels, value: number): void
  remove(labels: Labels): void
}

export interface SeriesOptions {
  counter: LabelledCounter
  /** The label beside those of the container. */
  textName: string
  maxTexts: number
  maxContainers: number
  retentionMs: number
}

export interface Series {
  /** `labels` are those of the container, its name first, which becomes `other` where there are too many containers. */
  count(key: string, labels: Labels, text: string, count: number): void
  ended(key: string, atMs: number): void
  expire(nowMs: number): void
}

/** Of one set of labels; several incarnations may share it, and it lives as long as the last of them. */
interface Group {
  labels: Labels
  users: Set<string>
  removals: Map<string, () => void>
}

export function createSeries({ counter, textName, maxTexts, maxContainers, retentionMs }: SeriesOptions): Series {
  const groups = new Map<string, Group>()
  const groupOf = new Map<string, string>()
  const endings = new Map<string, number>()
  const write = createWriter(counter, textName, createSyscallCap(maxTexts))

  function use(key: string, labels: Labels): Group {
    return groups.get(groupOf.get(key) ?? '') ?? join(key, clipped(labels))
  }

  function join(key: string, labels: Labels): Group {
    const id = JSON.stringify(labels)
    const known = groups.get(id)
    const others = otherOf(labels)
    if (known === undefined && (groups.size >= maxContainers || id === JSON.stringify(others))) return groupWith(others)
    const group = known ?? groupWith(labels)
    groups.set(id, group)
    groupOf.set(key, id)
    group.users.add(key)
    return group
  }

  function ended(key: string, atMs: number): void {
    if (groupOf.has(key)) endings.set(key, atMs)
    expire(atMs)
  }

  function expire(nowMs: number): void {
    for (const [key, atMs] of endings) {
      // They are in the order of their ends.
      if (nowMs - atMs < retentionMs) return
      endings.delete(key)
      release(key)
    }
  }

  function release(key: string): void {
    const id = groupOf.get(key) ?? ''
    groupOf.delete(key)
    const group = groups.get(id)
    group?.users.delete(key)
    if (group === undefined || group.users.size > 0) return
    for (const remove of group.removals.values()) remove()
    groups.delete(id)
  }

  return { count: (key, labels, text, count) => write(use(key, labels), text, count), ended, expire }
}

function groupWith(labels: Labels): Group {
  return { labels, users: new Set(), removals: new Map() }
}

/** Of those that find no room: a total, which is never removed, since that would take other containers' counts back. */
function otherOf(labels: Labels): Labels {
  return Object.fromEntries(Object.keys(labels).map((name, index) => [name, index === 0 ? OTHER_LABEL : '']))
}

function clipped(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([name, text]) => [name, clip(text, MAX_LABEL_CHARS)]))
}

/** Counts, and keeps the other label taken as long as any container has it. */
function createWriter(counter: LabelledCounter, textName: string, cap: LabelCap) {
  const uses = new Map<string, number>()
  /** Series of `other`. */
  const pinned = new Map<string, () => void>()

  function free(text: string): void {
    const left = (uses.get(text) ?? 1) - 1
    if (left > 0) return void uses.set(text, left)
    uses.delete(text)
    cap.free(text)
  }

  return ({ labels: own, users, removals }: Group, value: string, count: number): void => {
    const text = cap.admit(value)
    const labels = { ...own, [textName]: text }
    counter.inc(labels, count)
    const known = users.size === 0 ? pinned : removals
    if (known.has(text)) return
    uses.set(text, (uses.get(text) ?? 0) + 1)
    known.set(text, () => {
      counter.remove(labels)
      free(text)
    })
  }
}
