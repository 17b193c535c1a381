/** Whatever call is denied, a command ends, and the report says why. */

import { join } from 'node:path'
import type { Swept } from '../fixtures/library/sweep.ts'
import { start } from '../helpers/child.ts'
import { check } from '../helpers/embedded.ts'
import { projectRoot } from '../helpers/project.ts'

const PROGRAM = join(projectRoot, 'build/__test__/fixtures/library/sweep.js')
/** What could keep a child from handing its listener over. */
const HAND_OVER = 'sendmsg,write,close,openat,read,fcntl,mmap,futex,execve,exit_group,rt_sigprocmask,getpid'
/** Without execve, which nothing would be executed without. */
const START_AND_END = 'sendmsg,write,close,openat,read,fcntl,mmap,futex,exit_group,exit,rt_sigprocmask,getpid'

check('every call that the tables know, denied alone', async t => {
  const running = start(process.execPath, [PROGRAM, HAND_OVER, START_AND_END], { deadlineMs: 170_000 })
  const { code, stdout } = await running.finished
  t.is(code, 0)
  const swept = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Swept)
  const of = (list: string) => swept.find(({ denied }) => denied.join() === list)
  t.true(swept.length > 300, `${swept.length} calls`)

  // It cannot be executed, and that is said; everything else was.
  t.deepEqual(
    swept
      .filter(({ refusal }) => refusal !== null)
      .map(({ denied, refusal }) => `${denied.join()} ${refusal}`)
      .toSorted(),
    ['execve ERR_EXEC', `${HAND_OVER} ERR_EXEC`],
  )
  // Who fails does so for a call that the report names.
  const unexplained = swept.filter(
    ({ exitCode, counts }) => exitCode !== null && exitCode !== 0 && Object.keys(counts).length === 0,
  )
  t.deepEqual(unexplained, [])
  // Nobody is told of a call that was not denied.
  t.deepEqual(
    swept.filter(({ denied, counts }) => Object.keys(counts).some(name => !denied.includes(name))),
    [],
  )
  // The tests above are worth something: some calls are made by every program, and most by none.
  for (const name of ['mmap', 'exit_group', 'close']) t.true((of(name)?.counts[name] ?? 0) > 0, name)
  t.not(of('mmap')?.exitCode, 0)
  t.not(of(START_AND_END)?.exitCode, 0)
  for (const name of ['chroot', 'mseal', 'getpid'])
    t.deepEqual(of(name), { denied: [name], exitCode: 0, refusal: null, counts: {} })
  if (process.arch === 'x64') t.is(of('mmap2')?.exitCode, 0)
})
