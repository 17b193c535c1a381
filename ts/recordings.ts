/** What containers are recorded to call, by the names that they give: counted by the addon, kept here and in a file each. */

import { createCallTable, type CallTable, type Names } from './calls.ts'
import type { Clock } from './clock.ts'
import type { Container } from './containers.ts'
import type { ArgumentValues, Recorded } from './native.ts'
import { deniedNames, joined, NOTHING, timedCalls, unitedAll, type OpenRun, type RecordedPart } from './recorded-run.ts'
import { ended, newRecording, type RecordingFile } from './recording-file.ts'
import type { RecordingFiles } from './recording-files.ts'
import { recordingView, type RecordingView } from './recording-view.ts'

export interface RecordingsDeps {
  files: RecordingFiles
  /** Most names. */
  maxNames: number
  names: Names
  clock: Clock
  toTime: (atMs: number) => string
  /** Of one listener, since it is served. */
  recorded(listener: number): Recorded
  warn(container: Container, text: string): void
  /** A run is over, and what its recording comes to. */
  told(container: Container, recording: RecordingFile): void
}

export interface Recordings {
  /** The container is known from now on; nothing where it is not recorded. */
  began(container: Container): void
  /** Takes what a listener has recorded until now; called before it is forgotten. */
  read(container: Container, listener: number): void
  ended(container: Container): void
  /** By name. */
  views(): RecordingView[]
  view(name: string): RecordingView | undefined
  /** Forgets the runs that have ended; false: there is no such recording. */
  forget(name: string): boolean
  /** Writes what is known of runs that the next daemon may go on with. */
  close(): void
}

interface Run {
  container: Container
  startedAt: string
  before: RecordedPart
  table: CallTable
  values: ArgumentValues[]
}

/** What a daemon that is killed has not written of containers that run. */
const WRITE_MS = 10_000

export function createRecordings(deps: RecordingsDeps): Recordings {
  const { files, maxNames, names, clock, toTime, warn } = deps
  const recordings = new Map(files.load().map(file => [file.name, file]))
  const runs = new Map<string, Run>()
  let cancel: (() => void) | undefined

  function began(container: Container): void {
    const { recording: name, key } = container
    if (name === null || runs.has(key)) return
    const problem = files.problemOf(name) ?? (recordings.has(name) ? undefined : noRoom(recordings.size, maxNames))
    if (problem !== undefined) return warn(container, `nothing is recorded under ${name}: ${problem}`)
    const startedAt = toTime(container.startedAtMs)
    const file = recordings.get(name) ?? newRecording(name, startedAt)
    recordings.set(name, file)
    const before = file.open.find(run => run.key === key) ?? NOTHING
    runs.set(key, { container, startedAt, before, table: createCallTable(names), values: [] })
    cancel ??= clock.setTimer(writeOpen, WRITE_MS)
  }

  function read(container: Container, listener: number): void {
    const run = runs.get(container.key)
    if (run === undefined) return
    const { counts, values } = deps.recorded(listener)
    run.table.update(listener, counts)
    run.values = unitedAll(run.values, values)
  }

  function openRun(run: Run): OpenRun {
    const { container, startedAt, before, table } = run
    for (const listener of container.listeners) read(container, listener)
    const now = {
      calls: timedCalls(table.rows(), toTime),
      values: run.values,
      denied: deniedNames(container.calls.rows()),
    }
    return { key: container.key, startedAt, ...joined(before, now) }
  }

  function openOf(name: string): OpenRun[] {
    return [...runs.values()].filter(({ container }) => container.recording === name).map(openRun)
  }

  function end(container: Container): void {
    const run = runs.get(container.key)
    const file = recordings.get(container.recording ?? '')
    if (run === undefined || file === undefined) return
    // A caller from outside of the container has made its calls, and not the container.
    const seen = container.verified ? openRun(run) : { ...openRun(run), ...NOTHING }
    runs.delete(container.key)
    const done = ended(file, seen, toTime(container.finishedAtMs ?? clock.nowMs()))
    const open = openOf(done.name)
    if (done.runs + open.length === 0) return void recordings.delete(done.name)
    recordings.set(done.name, done)
    files.write({ ...done, open })
    if (done.runs > file.runs) deps.told(container, done)
  }

  function writeOpen(): void {
    cancel?.()
    cancel = undefined
    const open = new Set([...runs.values()].map(({ container }) => container.recording ?? ''))
    for (const name of open) {
      const file = recordings.get(name)
      if (file !== undefined) files.write({ ...file, open: openOf(name) })
    }
    if (open.size > 0) cancel = clock.setTimer(writeOpen, WRITE_MS)
  }

  function view(name: string): RecordingView | undefined {
    const file = recordings.get(name)
    return file && recordingView(file, openOf(name), toTime(clock.nowMs()))
  }

  function forget(name: string): boolean {
    if (!recordings.delete(name)) return false
    const open = openOf(name)
    files.remove(name)
    const [first] = open
    if (first !== undefined) recordings.set(name, newRecording(name, first.startedAt))
    return true
  }

  function close(): void {
    writeOpen()
    cancel?.()
    cancel = undefined
  }

  const views = () => [...recordings.keys()].toSorted().flatMap(name => view(name) ?? [])
  return { began, read, ended: end, views, view, forget, close }
}

function noRoom(size: number, most: number): string | undefined {
  if (size < most) return undefined
  if (most === 0) return 'recordings.maxNames is 0'
  return `there are ${size} recordings, the most that recordings.maxNames lets; seccomp-notifyd recording delete makes room`
}
