/** What is to be changed on this host to register the shim. Nothing is changed yet. */

import { NotifydError, toNotifydError } from '../errors.ts'
import { waysIn, type Version } from '../ways-in.ts'
import { apply, isMade, undo, type Change } from './changes.ts'
import { readConfigFile } from './config-file.ts'
import { sha256 } from './digest.ts'
import { hasDefaultByFlag } from './docker-flag.ts'
import type { Engine, Handler, Host } from './engine.ts'
import { ENGINES, type EngineName } from './engines.ts'
import { areInstalled } from './executables.ts'
import { findProgram, installedRuntimes, versionOf } from './host.ts'
import { packagedRuntime } from './packaged.ts'
import { readRecord, type EngineRecord, type InstallRecord } from './record.ts'
import { checkFolder } from './trusted-folder.ts'

export interface InstallOptions extends Handler {
  engines: readonly EngineName[]
  /** Whether engines that are not installed are an error, and not only told. */
  areNamed: boolean
  /** Configuration files that are not the usual ones. */
  files: Partial<Record<EngineName, string>>
}

export interface PlannedEngine {
  engine: EngineName
  status: 'change' | 'unchanged' | 'skipped'
  file: string
  /** Why it is skipped. */
  reason?: string
  before?: string
  after?: string
  record?: EngineRecord
  version?: string
  /** What is to be done besides. */
  note?: string
}

export interface InstallPlan {
  options: InstallOptions
  executable: { content: Buffer; sha256: string; isThere: boolean }
  engines: PlannedEngine[]
  record: InstallRecord
}

/** @throws NotifydError `ERR_INSTALL` for whatever stands against it. */
export async function planInstall(options: InstallOptions): Promise<InstallPlan> {
  const { folder, name } = options
  checkFolder(folder)
  const old = readRecord(folder)
  if (old !== undefined && old.name !== name) {
    throw new NotifydError(
      'ERR_INSTALL',
      `it is installed in ${folder} under the name ${old.name}, which containers may refer to; keep that --name, or run uninstall first`,
    )
  }
  const content = packagedRuntime()
  const digest = sha256(content)
  const engines = await Promise.all(options.engines.map(engine => planEngine(engine, options, old)))
  const records = engines.flatMap(({ engine, record }) => (record === undefined ? [] : [[engine, record] as const]))
  return {
    options,
    executable: { content, sha256: digest, isThere: areInstalled(folder, content) },
    engines,
    record: {
      version: 1,
      name,
      sha256: digest,
      folders: old?.folders ?? [],
      engines: { ...old?.engines, ...Object.fromEntries(records) },
    },
  }
}

async function planEngine(
  engine: EngineName,
  options: InstallOptions,
  record: InstallRecord | undefined,
): Promise<PlannedEngine> {
  const known: Engine = ENGINES[engine]
  const file = options.files[engine] ?? known.file
  const program = findProgram(known.program)
  const version = program === undefined ? undefined : await versionOf(program)
  const about = { engine, file, ...(version === undefined ? {} : aboutVersion(engine, version)) }
  const isMissing = program === undefined && options.files[engine] === undefined
  const reason = isMissing ? `${known.program} is not installed` : obstacle(engine, options)
  const host = { runtimes: installedRuntimes(), ...(version === undefined ? {} : { version }) }
  try {
    const planned = reason === undefined ? planFile(known, file, options, host, record?.engines[engine]) : { reason }
    if (!('reason' in planned)) return { ...about, ...planned }
    if (options.areNamed) throw new NotifydError('ERR_INSTALL', planned.reason)
    return { ...about, status: 'skipped', ...planned }
  } catch (error) {
    throw toNotifydError(error, `cannot register it with ${engine} in ${file}`)
  }
}

function obstacle(engine: EngineName, { isDefault }: Handler): string | undefined {
  if (engine !== 'docker' || !isDefault || !hasDefaultByFlag()) return undefined
  return 'dockerd runs with --default-runtime, and does not start with default-runtime in its file beside it; take it off the command line first'
}

function aboutVersion(engine: EngineName, version: Version): Pick<PlannedEngine, 'version' | 'note'> {
  const { annotations } = waysIn(engine, version)
  return { version: version.join('.'), ...(annotations.works ? {} : { note: annotations.reason }) }
}

type PlannedFile = Omit<PlannedEngine, 'engine' | 'reason'> & Required<Pick<PlannedEngine, 'file'>>

/** From the text as it would be without what we have added before. */
function planFile(
  engine: Engine,
  named: string,
  handler: Handler,
  host: Host,
  old: EngineRecord | undefined,
): PlannedFile | { reason: string } {
  const { format } = engine
  const { path: file, text: before } = readConfigFile(named)
  const tree = format.parse(before ?? '')
  const unusable = engine.unusable?.(tree)
  if (unusable !== undefined) return { reason: unusable }
  const base = old?.file === file ? withoutOurs(engine, before, old) : before
  const changes: Change[] = engine.changes(format.parse(base ?? ''), handler, host)
  if (changes.every(change => isMade(tree, change))) return { status: 'unchanged', file }
  const { text: after, done } = apply(format, base ?? '', changes)
  const record = { file, afterSha256: sha256(after), done, ...(base === undefined ? {} : { before: base }) }
  return { status: 'change', file, after, record, ...(before === undefined ? {} : { before }) }
}

/** The text before we changed it, byte for byte where nobody has touched it since; undefined where there was none. */
export function withoutOurs(
  { format }: Engine,
  text: string | undefined,
  { before, afterSha256, done }: EngineRecord,
): string | undefined {
  if (text === undefined) return undefined
  if (sha256(text) === afterSha256) return before
  const rest = undo(format, text, done)
  return before === undefined && rest.trim() === '' ? undefined : rest
}
