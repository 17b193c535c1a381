/** `runtime uninstall`: as if it had not been installed. */

import { ENGINES } from '../../../install/engines.ts'
import type { Reference } from '../../../install/references.ts'
import { planUninstall, uninstall as carryOut } from '../../../install/uninstall.ts'
import { formatJson } from '../../../report/format.ts'
import { describeUninstall, diffsOf, uninstallResult } from '../../../report/install.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, say } from '../../output.ts'
import { isAgreed } from '../../question.ts'
import { selectionOf } from '../../runtime-selection.ts'

export interface UninstallFlags {
  engine: string[]
  dir: string
  keepExecutable?: boolean
  yes?: boolean
  dryRun?: boolean
  json?: boolean
}

export async function uninstall(flags: UninstallFlags): Promise<number> {
  const { engine, dir, keepExecutable = false, yes = false, dryRun = false, json = false } = flags
  const { engines } = selectionOf(engine)
  const plan = await planUninstall({ engines, folder: dir, keepsExecutable: keepExecutable })
  if (!json) print(diffsOf(plan.engines))
  const isRefused = plan.references.length > 0
  if (isRefused) explain(plan.references, dir)
  else if (!dryRun && !yes && !(await isAgreed('change these files?'))) {
    say('nothing was changed')
    return EXIT.failure
  }
  const isMade = !isRefused && !dryRun
  if (isMade) carryOut(plan)
  if (json) print(formatJson(uninstallResult(plan, isMade)))
  else if (!isRefused) print(describeUninstall(plan, ENGINES, isMade))
  return isRefused ? EXIT.failure : EXIT.ok
}

function explain(references: readonly Reference[], folder: string): void {
  for (const { engine, id, name, state } of references) {
    say(`${engine}: the container ${id.slice(0, 12)} (${name}), ${state}, refers to ${folder}`)
  }
  say('nothing was changed; remove these containers first, or leave the executable there with --keep-executable')
}
