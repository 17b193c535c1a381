/** Podman with its default profile, and a runtime of ours in the place of runc. */

import test, { type ExecutionContext } from 'ava'
import { until, type Finished } from '../helpers/child.ts'
import { startDaemon, type DaemonProcess } from '../helpers/daemon-process.ts'
import { findCommand, recordExercise } from '../helpers/needs.ts'
import { createPodman, needPodman, type Podman } from '../helpers/podman.ts'
import { installShim, type Shim } from '../helpers/shim.ts'

const CALLS_TOTAL = 'seccomp_notifyd_calls_total'
const ASKED_FOR = ['--annotation', 'seccomp-notifyd.io/action=log']
const CHROOT = ['sh', '-c', 'chroot / true; echo code $?']

const need = needPodman()

function check(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  const full = `podman: ${title}`
  if (!need.usable) {
    recordExercise({ part: 'podman', title, outcome: 'skip', reason: need.reason })
    test.skip(full, body)
    return
  }
  test.serial(full, async t => {
    t.timeout(170_000)
    t.teardown(() => recordExercise({ part: 'podman', title, outcome: t.passed ? 'pass' : 'fail' }))
    await body(t)
  })
}

check("what Podman's own profile denies is seen, and the container's life is as without us", async t => {
  const { podman, daemon, shim } = await setting(t)
  const [under, without] = [await life(podman, shim.script), await life(podman, findCommand('runc') ?? 'runc')]
  t.deepEqual(under, without)
  t.like(under, { ran: { code: 7 }, exec: { code: 1 }, logs: { stdout: 'up\n' }, exitCode: '137' })
  t.regex(under.ran.stderr, /swapoff: .*Operation not permitted/)
  await until(async () => (await daemon.metric(CALLS_TOTAL, { syscall: 'swapoff', verdict: 'EPERM' })) === 2, 5000)
})

check('a capability that allows a call makes it none of ours; without it the call is denied and counted', async t => {
  const { podman, daemon, shim } = await setting(t)
  const added = await podman.run(shim.script, ['--rm', '--cap-add', 'SYS_CHROOT', ...ASKED_FOR], CHROOT)
  t.is(added.stdout, 'code 0\n', added.stderr)
  const dropped = await podman.run(shim.script, ['--rm', '--cap-drop', 'SYS_CHROOT', ...ASKED_FOR], CHROOT)
  t.is(dropped.stdout, 'code 1\n', dropped.stderr)
  await until(async () => (await daemon.metric(CALLS_TOTAL, { syscall: 'chroot' })) === 1, 5000)
})

check('with nobody listening `closed` refuses, and Podman shows why', async t => {
  const { podman, daemon, shim } = await setting(t)
  await daemon.stop()
  t.is((await podman.run(shim.script, ['--rm', ...ASKED_FOR], ['sh', '-c', 'exit 5'])).code, 5)
  const wish = ['--annotation', 'seccomp-notifyd.io/failure-policy=closed']
  const { code, stderr } = await podman.run(shim.script, ['--rm', ...wish], ['sh', '-c', 'exit 5'])
  t.true(code > 124, `${code}`)
  t.regex(stderr, /seccomp-notifyd-runtime: connecting to the listener .*: No such file or directory.*; hint: /)
})

interface Life {
  ran: Finished
  exec: Finished
  logs: Finished
  exitCode: string
}

/** What somebody does with containers, and what comes of it. */
async function life(podman: Podman, runtime: string): Promise<Life> {
  const ran = await podman.run(runtime, ['--rm', ...ASKED_FOR], ['sh', '-c', 'swapoff /dev/null; exit 7'])
  const options = ['--detach', '--name', 'lives', ...ASKED_FOR]
  await podman.run(runtime, options, ['sh', '-c', 'echo up; exec sleep 100'])
  const exec = await podman.call(['exec', 'lives', 'swapoff', '/dev/null'])
  await podman.call(['stop', '--time', '0', 'lives'])
  const logs = await podman.call(['logs', 'lives'])
  const inspected = await podman.call(['inspect', '--format', '{{.State.ExitCode}}', 'lives'])
  await podman.call(['rm', 'lives'])
  return { ran, exec, logs, exitCode: inspected.stdout.trim() }
}

async function setting(t: ExecutionContext): Promise<{ podman: Podman; daemon: DaemonProcess; shim: Shim }> {
  const shim = installShim(t, 'runc')
  const daemon = await startDaemon(shim.folder)
  t.teardown(() => daemon.kill9())
  shim.configure({ listener: daemon.listenerSocket })
  return { podman: createPodman(t), daemon, shim }
}
