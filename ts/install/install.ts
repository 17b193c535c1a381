/** Does what is planned: executables first, so that no configuration names one that is not there. */

import { checkUnchanged, writeConfigFile } from './config-file.ts'
import { installExecutables } from './executables.ts'
import type { InstallPlan } from './plan.ts'
import { writeRecord } from './record.ts'
import { makeFolder } from './trusted-folder.ts'

/** Whether there is anything to do. */
export function isNeeded({ executable, engines }: InstallPlan): boolean {
  return !executable.isThere || engines.some(({ status }) => status === 'change')
}

export function install({ options: { folder }, executable, engines, record }: InstallPlan): void {
  const changed = engines.filter(({ status }) => status === 'change')
  checkUnchanged(changed)
  const created = executable.isThere ? makeFolder(folder) : installExecutables(folder, executable.content)
  const folders = [...record.folders, ...created]
  // Before the files: what is interrupted between can be undone.
  writeRecord(folder, { ...record, folders })
  const more = changed.flatMap(({ file, after = '' }) => writeConfigFile(file, after))
  if (more.length > 0) writeRecord(folder, { ...record, folders: [...folders, ...more] })
}
