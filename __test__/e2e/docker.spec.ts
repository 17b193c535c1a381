/** Docker: an engine that loses `listenerPath`, watched by a runtime of ours that it is told of. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { until, type Finished } from '../helpers/child.ts'
import { startDaemon, type DaemonProcess } from '../helpers/daemon-process.ts'
import { IMAGE, needDocker, startDocker, type Docker } from '../helpers/docker.ts'
import { recordExercise } from '../helpers/needs.ts'
import { installShim, type Shim } from '../helpers/shim.ts'

const OURS = 'notifyd'
const DEFAULT = 'runc'
/** Neither has a rule of its own in Docker's default profile: it is its default action that denies them. */
const DENIED_CALLS = 'swapoff /dev/null; unshare --mount true; exit 7'

const need = needDocker()

function check(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  const full = `docker: ${title}`
  if (!need.usable) {
    recordExercise({ part: 'docker', title, outcome: 'skip', reason: need.reason })
    test.skip(full, body)
    return
  }
  test.serial(full, async t => {
    t.timeout(170_000)
    t.teardown(() => recordExercise({ part: 'docker', title, outcome: t.passed ? 'pass' : 'fail' }))
    await body(t)
  })
}

check("what Docker's own profile denies is seen, and the container's life is as without us", async t => {
  const { docker, daemon } = await setting(t)
  const [under, without] = [await life(docker, OURS), await life(docker, DEFAULT)]
  t.deepEqual(told(under), told(without))
  t.is(under.run.code, 7)
  t.regex(under.run.stderr, /swapoff: .*Operation not permitted[^]*unshare.*Operation not permitted/)
  t.is(under.exec.code, 1)
  t.is(under.exitCode, '137')
  t.is(await daemon.calls(under.id, 'swapoff'), 1, 'of the exec')
  await until(async () => (await daemon.metric('seccomp_notifyd_calls_total', { syscall: 'swapoff' })) === 2, 5000)
  t.is(await daemon.metric('seccomp_notifyd_calls_total', { syscall: 'unshare', verdict: 'EPERM' }), 1)
})

check("a profile of the user's own, which need not know of us, is watched", async t => {
  const { docker, daemon, shim } = await setting(t)
  const file = join(shim.folder, 'profile.json')
  const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_ERRNO' }] }
  writeFileSync(file, JSON.stringify(profile))
  const { code, stderr } = await docker.call(run(OURS, ['--security-opt', `seccomp=${file}`], ['mkdir', '/x']))
  t.is(code, 1)
  t.regex(stderr, /mkdir: .*Operation not permitted/)
  await until(async () => (await daemon.metric('seccomp_notifyd_calls_total', { syscall: 'mkdir' })) === 1, 5000)
})

check('with nobody listening `open` starts, and `closed` refuses in the words of the runtime', async t => {
  const { docker, daemon, shim } = await setting(t)
  await daemon.stop()
  t.is((await docker.call(run(OURS, [], ['sh', '-c', 'exit 5']))).code, 5)
  shim.configure({ listener: daemon.listenerSocket, watch: 'all', failurePolicy: 'closed' })
  const { code, stderr } = await docker.call(run(OURS, [], ['sh', '-c', 'exit 5']))
  t.true(code > 124, `${code}`)
  t.regex(stderr, /seccomp-notifyd-runtime: connecting to the listener .*: No such file or directory.*; hint: /)
})

interface Life {
  run: Finished
  id: string
  exec: Finished
  stop: Finished
  exitCode: string
}

/** What somebody does with containers, and what comes of it. */
async function life(docker: Docker, runtime: string): Promise<Life> {
  const ended = await docker.call(run(runtime, ['--rm'], ['sh', '-c', DENIED_CALLS]))
  const { stdout } = await docker.call(run(runtime, ['--detach', '--name', `lives-${runtime}`], ['sleep', '100']))
  const id = stdout.trim()
  const exec = await docker.call(['exec', id, 'swapoff', '/dev/null'])
  const stop = await docker.call(['stop', '--time', '1', `lives-${runtime}`])
  const inspected = await docker.call(['inspect', '--format', '{{.State.ExitCode}}', id])
  return { run: ended, id, exec, stop, exitCode: inspected.stdout.trim() }
}

/** All but the name of the container. */
function told({ run: ended, exec, stop, exitCode }: Life): object {
  return { ended, exec, stop: stop.code, exitCode }
}

function run(runtime: string, options: string[], command: string[]): string[] {
  return ['run', '--runtime', runtime, '--net', 'none', ...options, IMAGE, ...command]
}

async function setting(t: ExecutionContext): Promise<{ docker: Docker; daemon: DaemonProcess; shim: Shim }> {
  const shim = installShim(t, 'runc')
  const daemon = await startDaemon(shim.folder)
  t.teardown(() => daemon.kill9())
  // Docker gives containers no annotations before its version 24.
  shim.configure({ listener: daemon.listenerSocket, watch: 'all' })
  const docker = await startDocker(t, { [OURS]: shim.script })
  return { docker, daemon, shim }
}
