/** Profiles are worked on in a process of their own. */

import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { NotifydError } from '../ts/errors.ts'
import { doInChild, workApart, type Outcome } from '../ts/profile-work.ts'
import { until } from './helpers/child.ts'
import { processesWith } from './helpers/containers.ts'
import { ENDLESS } from './helpers/profiles.ts'
import { projectRoot } from './helpers/project.ts'

const DENIES_CHROOT = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['chroot'], action: 'SCMP_ACT_ERRNO' }],
})

test('what comes of a profile comes from another process as from this one', async t => {
  const { program, warnings } = await workApart('compileProfile', DENIES_CHROOT)
  t.true(Buffer.isBuffer(program))
  t.true(program.length > 0 && program.length % 8 === 0)
  t.deepEqual(warnings, [])
})

test('nobody shares what he gets', async t => {
  const first = await workApart('compileProfile', DENIES_CHROOT)
  const before = Buffer.from(first.program)
  first.program.fill(0)
  t.deepEqual((await workApart('compileProfile', DENIES_CHROOT)).program, before)
})

test('an error keeps its code and its words', async t => {
  const error = await t.throwsAsync(workApart('compileProfile', '{}'), { instanceOf: NotifydError })
  t.is(error?.code, 'ERR_PROFILE')
  t.regex(error?.message ?? '', /neither defaultAction nor/)
})

test('a profile for which libseccomp does not return is given up, and its process ended', async t => {
  const error = await t.throwsAsync(doInChild({ name: 'compileProfile', args: [JSON.stringify(ENDLESS)] }, 1500), {
    instanceOf: NotifydError,
  })
  t.is(error?.code, 'ERR_PROFILE_TIMEOUT')
  t.regex(error?.message ?? '', /within 1\.5 s/)
  await until(() => workersOf(process.pid).length === 0, 10_000)
})

test('a worker that has answered waits to be ended', async t => {
  const worker = fork(join(projectRoot, 'build/ts/profile-worker.js'), { execArgv: [], serialization: 'advanced' })
  t.teardown(() => worker.kill('SIGKILL'))
  for (let time = 0; time < 2; time++) {
    const answer = once(worker, 'message')
    worker.send({ name: 'compileProfile', args: [DENIES_CHROOT] })
    t.true('value' in ((await answer)[0] as Outcome))
  }
})

test('a worker does not outlive who waits for it', async t => {
  const module = pathToFileURL(join(projectRoot, 'build/ts/profile-work.js'))
  const script = `import { workApart } from ${JSON.stringify(module.href)}; workApart('compileProfile', ${JSON.stringify(JSON.stringify(ENDLESS))})`
  const waiting = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' })
  t.teardown(() => waiting.kill('SIGKILL'))
  await until(() => workersOf(waiting.pid).some(isBusy), 20_000)
  const [worker] = workersOf(waiting.pid)
  waiting.kill('SIGKILL')
  await once(waiting, 'exit')
  await until(() => worker !== undefined && !existsSync(`/proc/${worker}`), 10_000)
  t.pass()
})

function workersOf(parent: number | undefined): number[] {
  return processesWith('profile-worker.js').filter(pid => statOf(pid)[1] === String(parent))
}

/** In libseccomp, and no longer only starting. */
function isBusy(pid: number): boolean {
  const CLOCK_TICKS = 100
  const [userTicks] = statOf(pid).slice(11)
  return Number(userTicks) > CLOCK_TICKS
}

/** Fields of /proc/PID/stat behind the name: state, parent, ... */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
