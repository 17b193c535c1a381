/** Many real programs, one after the other in one container, and what became of each. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { BundleOptions, Runtimes } from './containers.ts'
import { hostFolders } from './host-folders.ts'
import { projectRoot } from './project.ts'

export interface Task {
  program: string
  run: string
  code?: number
}

export interface Result {
  run: string
  code: number
  output: string
}

const IDENTITY = ['AUTHOR', 'COMMITTER'].flatMap(who => [
  `GIT_${who}_NAME=somebody`,
  `GIT_${who}_EMAIL=somebody@example.org`,
  `GIT_${who}_DATE=2026-01-01T00:00:00Z`,
])
const END = '== end of a task: '
const DRIVER = `export PATH=/usr/sbin:/usr/bin:/bin LC_ALL=C ${IDENTITY.join(' ')}
for task in /tasks/*; do
  mkdir "/tmp/$(basename "$task")" && cd "/tmp/$(basename "$task")"
  /usr/bin/sh "$task" 2>&1 </dev/null
  echo "${END}$?"
done
`

export function readTasks(): Task[] {
  return parse(readFileSync(join(projectRoot, '__test__/fixtures/workload.yaml'), 'utf8')) as Task[]
}

/** Lays the tasks into the root file system, for a container of these options. */
export function placeTasks(runtimes: Runtimes, tasks: Task[]): Pick<BundleOptions, 'args' | 'folders'> {
  const root = join(runtimes.folder, 'rootfs')
  mkdirSync(join(root, 'tasks'))
  for (const [at, { run }] of tasks.entries())
    writeFileSync(join(root, 'tasks', String(at).padStart(3, '0')), `${run}\n`)
  writeFileSync(join(root, 'driver'), DRIVER)
  return { args: ['sh', '/driver'], folders: hostFolders() }
}

export function readResults(tasks: Task[], stdout: string): Result[] {
  const pieces = stdout.split(END)
  return tasks.map(({ run }, at) => {
    // The code is the first line behind the end of a task, and the output of the next one follows.
    const output = (pieces[at] ?? '').slice(at === 0 ? 0 : (pieces[at] ?? '').indexOf('\n') + 1)
    return { run, code: Number(pieces[at + 1]?.split('\n')[0]), output }
  })
}
