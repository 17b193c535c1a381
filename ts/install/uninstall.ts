/** Takes out what `install` has put in, and nothing else. */

import { rmdirSync } from 'node:fs'
import { NotifydError, toNotifydError } from '../errors.ts'
import { checkUnchanged, readConfigFile, removeConfigFile, writeConfigFile } from './config-file.ts'
import { ENGINE_NAMES, ENGINES, type EngineName } from './engines.ts'
import { executablesIn, removeExecutables } from './executables.ts'
import { withoutOurs } from './plan.ts'
import { readRecord, recordFileIn, removeRecord, writeRecord, type EngineRecord, type InstallRecord } from './record.ts'
import { findReferences, type Reference } from './references.ts'

export interface UninstallOptions {
  folder: string
  engines: readonly EngineName[]
  /** Leaves the executables where they are: containers may refer to them. */
  keepsExecutable: boolean
}

export interface PlannedRemoval {
  engine: EngineName
  file: string
  status: 'change' | 'unchanged'
  before?: string
  /** Missing where the file goes. */
  after?: string
}

export interface UninstallPlan {
  folder: string
  removesExecutable: boolean
  engines: PlannedRemoval[]
  /** What stays installed. */
  record: InstallRecord
  /** Containers because of which the executable has to stay. */
  references: Reference[]
}

/** @throws NotifydError `ERR_INSTALL` where nothing is installed, or who refers to the executable cannot be told. */
export async function planUninstall(options: UninstallOptions): Promise<UninstallPlan> {
  const { folder } = options
  const old = readRecord(folder)
  if (old === undefined) {
    throw new NotifydError(
      'ERR_INSTALL',
      `nothing is installed in ${folder}: there is no ${recordFileIn(folder)}; name the folder of the installation with --dir`,
    )
  }
  const going = ENGINE_NAMES.filter(name => options.engines.includes(name) && old.engines[name] !== undefined)
  const engines = going.flatMap(name => planRemoval(name, old.engines[name]))
  const staying = Object.entries(old.engines).filter(([name]) => !going.some(each => each === name))
  const removesExecutable = staying.length === 0 && !options.keepsExecutable
  const references = removesExecutable ? await findReferences(executablesIn(folder), old) : []
  return { folder, removesExecutable, engines, record: { ...old, engines: Object.fromEntries(staying) }, references }
}

function planRemoval(engine: EngineName, record: EngineRecord | undefined): PlannedRemoval[] {
  if (record === undefined) return []
  const { file } = record
  try {
    const { text: before } = readConfigFile(file)
    const after = withoutOurs(ENGINES[engine], before, record)
    const texts = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }
    return [{ engine, file, status: before === after ? 'unchanged' : 'change', ...texts }]
  } catch (error) {
    throw toNotifydError(error, `cannot take it out of ${engine}'s ${file}`)
  }
}

/** Configurations first, so that no engine is told of an executable that is not there any more. */
export function uninstall({ folder, removesExecutable, engines, record }: UninstallPlan): void {
  const changed = engines.filter(({ status }) => status === 'change')
  checkUnchanged(changed)
  for (const { file, after } of changed) {
    if (after === undefined) removeConfigFile(file)
    else writeConfigFile(file, after)
  }
  if (!removesExecutable) return writeRecord(folder, record)
  removeExecutables(folder)
  removeRecord(folder)
  for (const each of record.folders.toReversed()) removeIfEmpty(each)
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Others use it, or it is gone.
  }
}
