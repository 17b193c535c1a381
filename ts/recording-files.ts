/** The files of recordings: read when the daemon starts, replaced as a whole, believed only if they are whole. */

import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errorText } from './errors.ts'
import { ended, formatRecording, parseRecording, type RecordingFile } from './recording-file.ts'
import { isRecordingName } from './recording-name.ts'
import { replaceFile } from './replace-file.ts'

export interface RecordingFiles {
  /** Once; a run whose container did not come back has ended. */
  load(): RecordingFile[]
  /** Why nothing can be recorded under the name: its file is not to be lost. */
  problemOf(name: string): string | undefined
  write(file: RecordingFile): void
  remove(name: string): void
}

export interface RecordingFilesOptions {
  stateDir: string
  /** Keys of containers that a former daemon has left and this one goes on with. */
  resumed?: ReadonlySet<string> | undefined
  /** The disk is full, say; recording goes on. */
  problem(text: string): void
}

const MOST_BYTES = 64 * 1024 * 1024
const SUFFIX = '.json'

export function recordingFiles({ stateDir, resumed, problem }: RecordingFilesOptions): RecordingFiles {
  const folder = join(stateDir, 'recordings')
  const unusable = new Map<string, string>()
  const fileOf = (name: string) => join(folder, `${name}${SUFFIX}`)

  function load(): RecordingFile[] {
    const loaded: RecordingFile[] = []
    attempt(folder, () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      chmodSync(folder, 0o700)
      for (const entry of readdirSync(folder)) loaded.push(...loadOne(entry))
    })
    return loaded
  }

  function loadOne(entry: string): RecordingFile[] {
    const name = entry.slice(0, -SUFFIX.length)
    // What a crash kept from taking its place, and what is none of ours.
    if (!entry.endsWith(SUFFIX) || !isRecordingName(name)) return []
    try {
      const file = parseRecording(readOwn(fileOf(name)))
      if (file.name !== name) throw new Error(`it is the recording ${file.name}`)
      return [withoutLost(file)]
    } catch (error) {
      unusable.set(name, `its file ${fileOf(name)} cannot be used: ${errorText(error)}`)
      problem(`${fileOf(name)}: ${errorText(error)}`)
      return []
    }
  }

  function withoutLost(file: RecordingFile): RecordingFile {
    const lost = file.open.filter(({ key }) => resumed?.has(key) !== true)
    return lost.reduce((all, run) => ended(all, run, lastOf(run.calls) ?? run.startedAt), file)
  }

  function write(file: RecordingFile): void {
    attempt(fileOf(file.name), () => replaceFile(fileOf(file.name), formatRecording(file)))
  }

  function attempt(path: string, act: () => void): void {
    try {
      act()
    } catch (error) {
      problem(`cannot use ${path}: ${errorText(error)}`)
    }
  }

  const remove = (name: string) => attempt(fileOf(name), () => rmSync(fileOf(name), { force: true }))
  return { load, write, remove, problemOf: name => unusable.get(name) }
}

/** ISO times in UTC sort as text. */
function lastOf(calls: readonly { lastAt: string }[]): string | undefined {
  return calls
    .map(({ lastAt }) => lastAt)
    .toSorted()
    .at(-1)
}

function readOwn(file: string): string {
  const found = lstatSync(file)
  const isOwn = found.isFile() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0
  if (!isOwn || found.size > MOST_BYTES) throw new Error('it is not a file of ours')
  return readFileSync(file, 'utf8')
}
