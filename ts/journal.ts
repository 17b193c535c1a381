/** The file of the history: one JSON line per changed container, the last one of a key counts. */

import { appendFileSync, chmodSync, closeSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import type { ContainerView } from './container-view.ts'
import { UNKNOWN_ORIGIN } from './identity.ts'

export interface Loaded {
  views: Map<string, ContainerView>
  /** Lines that were torn by a crash or are none of ours. */
  skipped: number
}

export function readJournal(path: string): Loaded {
  const views = new Map<string, ContainerView>()
  let skipped = 0
  for (const line of readLines(path)) {
    const view = parseLine(line)
    if (view === undefined) skipped += 1
    else putLast(views, view)
  }
  return { views, skipped }
}

/** The order is that of the last change. */
function putLast(views: Map<string, ContainerView>, view: ContainerView): void {
  views.delete(view.key)
  views.set(view.key, view)
}

/** Returns how many bytes the file has now. */
export function appendJournal(path: string, views: Iterable<ContainerView>): number {
  // The newline in front ends a line that a crash tore.
  const text = [...views].map(view => `\n${JSON.stringify(view)}`).join('')
  appendFileSync(path, `${text}\n`, { mode: 0o600 })
  return statSync(path).size
}

/** Replaces the file as a whole: a crash leaves the old or the new one. Returns its size. */
export function rewriteJournal(path: string, views: Iterable<ContainerView>): number {
  const fresh = `${path}.new`
  const file = openSync(fresh, 'w', 0o600)
  try {
    for (const view of views) writeSync(file, `${JSON.stringify(view)}\n`)
  } finally {
    closeSync(file)
  }
  // Of a file left by a crash, open(2) keeps the mode.
  chmodSync(fresh, 0o600)
  renameSync(fresh, path)
  return statSync(path).size
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter(line => line !== '')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function parseLine(line: string): ContainerView | undefined {
  try {
    const view: unknown = JSON.parse(line)
    return isView(view) ? { ...ADDED, ...view } : undefined
  } catch {
    return undefined
  }
}

/** Members that lines of older versions lack. */
const ADDED = {
  policy: null,
  openIncident: null,
  told: [],
  survivesRestart: false,
  recentCalls: null,
  ...UNKNOWN_ORIGIN,
}

const STRINGS = ['key', 'id', 'name', 'state', 'action', 'answer', 'policySource', 'bundle', 'startedAt']
const ARRAYS = ['calls', 'incidents', 'warnings']

/** Only we write here; this tells a whole line from a part of one, or from an older version's. */
function isView(value: unknown): value is ContainerView {
  if (typeof value !== 'object' || value === null) return false
  const members = value as Record<string, unknown>
  return STRINGS.every(name => typeof members[name] === 'string') && ARRAYS.every(name => Array.isArray(members[name]))
}
