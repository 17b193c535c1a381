/** What was installed, beside the executables: `uninstall` needs no more than their folder. */

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { array, custom, literal, object, optional, safeParse, string, type InferOutput } from 'valibot'
import { NotifydError } from '../errors.ts'
import type { Done } from './changes.ts'
import { ENGINE_NAMES, type EngineName } from './engines.ts'
import { writeWhole } from './whole-write.ts'

const ENGINE = object({
  file: string(),
  /** The whole text as it was; missing where there was no file. */
  before: optional(string()),
  afterSha256: string(),
  done: array(custom<Done>(isDone)),
})
const RECORD = object({
  version: literal(1),
  name: string(),
  sha256: string(),
  /** Made for it, the uppermost first. */
  folders: array(string()),
  engines: object(Object.fromEntries(ENGINE_NAMES.map(name => [name, optional(ENGINE)]))),
})

export type EngineRecord = InferOutput<typeof ENGINE>
export interface InstallRecord extends Omit<InferOutput<typeof RECORD>, 'engines'> {
  engines: Partial<Record<EngineName, EngineRecord>>
}

export function recordFileIn(folder: string): string {
  return join(folder, 'install.json')
}

/** Undefined where nothing is installed. */
export function readRecord(folder: string): InstallRecord | undefined {
  const file = recordFileIn(folder)
  const text = readText(file)
  if (text === undefined) return undefined
  const found = safeParse(RECORD, parseJson(text))
  if (found.success) return found.output
  throw new NotifydError('ERR_INSTALL', `${file} is not what \`runtime install\` writes; move it away`)
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new NotifydError('ERR_INSTALL', `could not read ${file}`, { cause })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Only its owner may read it: what it keeps of configurations may hold passwords of registries. */
export function writeRecord(folder: string, record: InstallRecord): void {
  const owner = { mode: 0o600, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  writeWhole(recordFileIn(folder), Buffer.from(`${JSON.stringify(record, null, 2)}\n`), owner)
}

export function removeRecord(folder: string): void {
  rmSync(recordFileIn(folder), { force: true })
}

function isDone(value: unknown): boolean {
  const { change, depth } = (value ?? {}) as Partial<Done>
  return typeof depth === 'number' && Array.isArray(change?.path)
}
