/** The files that a former daemon has left of its containers, read once and believed only if they are whole. */

import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errorText } from './errors.ts'
import type { InitProcess } from './native.ts'
import type { SavedContainer } from './saved-container.ts'
import { parseSaved } from './saved-schema.ts'

const MOST_BYTES = 4 * 1024 * 1024
/** Of /proc/PID/stat, counted from the state on (proc_pid_stat(5)). */
const START_TICKS = 19
const ENDED_STATES = ['Z', 'X']

export interface Left {
  /** By the names of listeners that came back. */
  byListener: Map<string, SavedContainer>
  /** Keys of containers of which none came back, because they have ended. */
  ended: Set<string>
  /** What could not be used, in words. */
  problems: string[]
}

/** Files of containers of which no listener came back are removed. */
export function loadLeft(path: string, returned: ReadonlySet<string>): Left {
  const left: Left = { byListener: new Map(), ended: new Set(), problems: [] }
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    chmodSync(path, 0o700)
    for (const name of readdirSync(path)) {
      // What a crash kept from taking its place.
      if (name.endsWith('.json')) loadOne(join(path, name), returned, left)
      else rmSync(join(path, name), { force: true, recursive: true })
    }
  } catch (error) {
    left.problems.push(`${path}: ${errorText(error)}`)
  }
  return left
}

function loadOne(file: string, returned: ReadonlySet<string>, { byListener, ended, problems }: Left): void {
  try {
    const saved = parseSaved(readOwn(file))
    const listeners = saved.listeners.filter(name => returned.has(name))
    for (const name of listeners) byListener.set(name, saved)
    if (listeners.length > 0) return
    if (saved.init !== null && !isAlive(saved.init)) ended.add(saved.key)
  } catch (error) {
    problems.push(`${file}: ${errorText(error)}`)
  }
  rmSync(file, { force: true, recursive: true })
}

/** The same number may be another process's by now; fields are counted behind the name, which may hold anything. */
function isAlive({ pid, startTicks }: InitProcess): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return !ENDED_STATES.includes(fields[0] ?? '') && Number(fields[START_TICKS]) === startTicks
  } catch {
    return false
  }
}

function readOwn(file: string): string {
  const { size, mode, uid } = lstatSync(file)
  const isOwn = uid === process.getuid?.() && (mode & 0o077) === 0
  if (!isOwn || size > MOST_BYTES) throw new Error('it is not a file of ours')
  return readFileSync(file, 'utf8')
}
