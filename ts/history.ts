/** Ended containers, remembered across restarts; what is written is at most a second old. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import type { ContainerView } from './container-view.ts'
import { errorText, NotifydError } from './errors.ts'
import { appendJournal, rewriteJournal } from './journal.ts'
import { lock, type Unlock } from './lock.ts'
import { loadPast, type Kept } from './past.ts'

export interface HistoryOptions {
  stateDir: string
  maxContainers: number
  /** What is known of those that the last daemon had not ended. */
  kept?: Kept | undefined
  clock: Clock
  /** The disk is full, say; counting goes on. */
  problem(text: string): void
}

export interface History {
  /** The container will be written within a second; `view` is asked for only then. */
  changed(key: string, view: () => ContainerView): void
  /** Takes over an ended container, which nobody else has to know any more. */
  ended(view: ContainerView): void
  /** Ended ones, the oldest first. */
  views(): ContainerView[]
  get(key: string): ContainerView | undefined
  /** Lines of the file that could not be read. */
  skipped: number
  /** Those whose daemon ended without ending them, and that nobody supervises any more. */
  orphaned: readonly ContainerView[]
  close(): Promise<void>
}

const WRITE_MS = 1000
const COMPACT_BYTES = 8 * 1024 * 1024

export async function openHistory(options: HistoryOptions): Promise<History> {
  const unlock = await openFolder(options.stateDir)
  try {
    return createHistory(options, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

async function openFolder(stateDir: string): Promise<Unlock> {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    return await lock(stateDir)
  } catch (cause) {
    if (cause instanceof NotifydError) throw cause
    throw new NotifydError('ERR_STATE_DIR', `cannot use the state folder ${stateDir}`, { cause })
  }
}

function createHistory(options: HistoryOptions, unlock: Unlock): History {
  const { stateDir, maxContainers, clock, problem } = options
  const path = join(stateDir, 'history.jsonl')
  const { views: finished, skipped, orphaned } = loadPast(path, { ...options.kept, nowMs: clock.wallMs() })
  const changes = new Map<string, () => ContainerView>()
  /** Live ones, for the compaction. */
  const live = new Map<string, () => ContainerView>()
  let cancel: (() => void) | undefined
  let compactedBytes = 0
  trim()
  compact()

  function changed(key: string, view: () => ContainerView): void {
    live.set(key, view)
    schedule(key, view)
  }

  function ended(view: ContainerView): void {
    live.delete(view.key)
    finished.set(view.key, view)
    trim()
    schedule(view.key, () => view)
  }

  function schedule(key: string, view: () => ContainerView): void {
    changes.set(key, view)
    cancel ??= clock.setTimer(write, WRITE_MS)
  }

  function trim(): void {
    for (const key of finished.keys()) {
      if (finished.size <= maxContainers) return
      finished.delete(key)
    }
  }

  function write(): void {
    cancel?.()
    cancel = undefined
    const views = [...changes.values()].map(view => view())
    changes.clear()
    if (views.length === 0) return
    attempt(() => {
      const bytes = appendJournal(path, views)
      if (bytes > Math.max(COMPACT_BYTES, 2 * compactedBytes)) compact()
    })
  }

  function compact(): void {
    attempt(() => {
      compactedBytes = rewriteJournal(path, [...finished.values(), ...[...live.values()].map(view => view())])
    })
  }

  function attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      problem(`cannot write ${path}: ${errorText(error)}`)
    }
  }

  async function close(): Promise<void> {
    write()
    await unlock()
  }

  const views = () => [...finished.values()]
  return { changed, ended, skipped, orphaned, close, views, get: key => finished.get(key) }
}
