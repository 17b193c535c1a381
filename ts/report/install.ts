/** PURE: what is changed to register the shim, and to take it out, in words and as data. */

import type { Engine } from '../install/engine.ts'
import type { EngineName } from '../install/engines.ts'
import type { InstallPlan, PlannedEngine } from '../install/plan.ts'
import type { PlannedRemoval, UninstallPlan } from '../install/uninstall.ts'
import { escapeText, formatTable } from './format.ts'
import { unifiedDiff } from './unified-diff.ts'

type Engines = Record<EngineName, Engine>

/** Differences in all files. */
export function diffsOf(engines: readonly (PlannedEngine | PlannedRemoval)[]): string {
  return engines.map(diffOf).join('')
}

function diffOf({ status, before = '', after = '', file }: PlannedEngine | PlannedRemoval): string {
  return status === 'change' ? unifiedDiff(before, after, escapeText(file, 4096)) : ''
}

/** One line for the executable and one for each engine. */
export function describeInstall(
  { options, executable, engines }: InstallPlan,
  known: Engines,
  wasMade: boolean,
): string {
  const isDone = executable.isThere ? 'is there already' : wasMade ? 'installed' : 'to be installed'
  const rows = engines.map(({ engine, status, file, reason = '' }) => {
    if (status === 'skipped') return [engine, 'left alone', reason]
    if (status === 'unchanged') return [engine, 'registered already', file]
    return [engine, wasMade ? 'registered' : 'to be registered', `${file}; then: ${known[engine].reload}`]
  })
  return formatTable(
    ['WHAT', 'STATUS', 'DETAIL'],
    [['executable', isDone, `${options.folder}/{runc,crun}`], ...rows].map(shown),
  )
}

export function describeUninstall(
  { removesExecutable, engines, folder }: UninstallPlan,
  known: Engines,
  wasMade: boolean,
): string {
  const gone = wasMade ? 'removed' : 'to be removed'
  const rows = engines.map(({ engine, status, file }) =>
    status === 'unchanged'
      ? [engine, 'has nothing of ours', file]
      : [engine, gone, `${file}; then: ${known[engine].reload}`],
  )
  const executable = ['executable', removesExecutable ? gone : 'stays', `${folder}/{runc,crun}`]
  return formatTable(['WHAT', 'STATUS', 'DETAIL'], [...rows, executable].map(shown))
}

function shown(row: readonly string[]): string[] {
  return row.map(cell => escapeText(cell, 512))
}

/** For `--json`; `wasMade` is false of a dry run. */
export function installResult({ options, executable, engines }: InstallPlan, known: Engines, wasMade: boolean): object {
  const { folder, name } = options
  return {
    applied: wasMade,
    name,
    executable: {
      paths: [`${folder}/runc`, `${folder}/crun`],
      sha256: executable.sha256,
      status: executable.isThere ? 'unchanged' : 'change',
    },
    engines: engines.map(planned => {
      const { engine, status, file, reason, version, note } = planned
      const told = { engine, status, file, reason, version, note, diff: diffOf(planned) || undefined }
      return status === 'change' ? { ...told, reload: known[engine].reload } : told
    }),
  }
}

export function uninstallResult(
  { folder, removesExecutable, engines, references }: UninstallPlan,
  wasMade: boolean,
): object {
  return {
    applied: wasMade,
    executable: { paths: [`${folder}/runc`, `${folder}/crun`], status: removesExecutable ? 'change' : 'unchanged' },
    engines: engines.map(planned => {
      const { engine, status, file } = planned
      return { engine, status, file, diff: diffOf(planned) || undefined }
    }),
    containers: references,
  }
}
