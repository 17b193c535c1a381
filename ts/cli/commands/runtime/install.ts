/** `runtime install`: the shim at a stable path, and engines that know it. */

import { ENGINES } from '../../../install/engines.ts'
import { runtimeClass } from '../../../install/engines/kubernetes.ts'
import { install as carryOut, isNeeded } from '../../../install/install.ts'
import { planInstall, type InstallPlan } from '../../../install/plan.ts'
import { formatJson } from '../../../report/format.ts'
import { describeInstall, diffsOf, installResult } from '../../../report/install.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, say } from '../../output.ts'
import { isAgreed } from '../../question.ts'
import type { ConfigFiles } from '../../runtime-options.ts'
import { selectionOf } from '../../runtime-selection.ts'

export interface InstallFlags {
  engine: string[]
  name: string
  dir: string
  default?: boolean
  configFile?: ConfigFiles
  yes?: boolean
  dryRun?: boolean
  json?: boolean
}

export async function install(flags: InstallFlags): Promise<number> {
  const { engine, name, dir, default: isDefault = false, configFile = {}, dryRun = false, json = false } = flags
  const { engines, areNamed, wantsRuntimeClass } = selectionOf(engine)
  const plan = await planInstall({ engines, areNamed, name, folder: dir, isDefault, files: configFile })
  if (!json) print(diffsOf(plan.engines))
  const isWanted = !dryRun && isNeeded(plan)
  if (isWanted && !(await isConfirmed(flags, plan))) {
    say('nothing was changed')
    return EXIT.failure
  }
  if (isWanted) carryOut(plan)
  if (json) {
    const result = installResult(plan, ENGINES, isWanted)
    print(formatJson(wantsRuntimeClass ? { ...result, runtimeClass: runtimeClass(name) } : result))
    return EXIT.ok
  }
  print(describeInstall(plan, ENGINES, isWanted))
  for (const { engine: each, version, note, status } of plan.engines) {
    if (note !== undefined && status !== 'skipped') say(`${each} ${version}: ${note}`)
  }
  if (wantsRuntimeClass) print(runtimeClass(name))
  return EXIT.ok
}

async function isConfirmed({ yes = false }: InstallFlags, { engines }: InstallPlan): Promise<boolean> {
  const files = engines.filter(({ status }) => status === 'change').length
  return yes || isAgreed(`install the executable and change ${files === 1 ? 'one file' : `${files} files`}?`)
}
