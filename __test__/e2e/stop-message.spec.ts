/** Why a container was stopped, where people look for it: the logs of its engine. */

import type { ExecutionContext } from 'ava'
import { until } from '../helpers/child.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { IMAGE, needDocker, startDocker } from '../helpers/docker.ts'
import { checksWith } from '../helpers/engine-checks.ts'
import { createPodman, needPodman } from '../helpers/podman.ts'
import { installShim, type Shim } from '../helpers/shim.ts'
import { endDebounce, MESSAGE, STOP, TWICE_EACH } from '../helpers/stopping.ts'

const SHELL = ['sh', '-c', TWICE_EACH]
const WITHOUT_CHROOT = ['--cap-drop', 'SYS_CHROOT']

const underDocker = needDocker()

for (const terminal of [false, true]) {
  const title = `why a container was stopped is in its logs, ${terminal ? 'with' : 'without'} a terminal`
  const check = checksWith('docker', underDocker)
  check(title, async t => {
    const { daemon, shim } = await setting(t, 'runc')
    const docker = await startDocker(t, { notifyd: shim.script }, 'notifyd')
    const options = ['--detach', '--net', 'none', ...WITHOUT_CHROOT, ...(terminal ? ['--tty'] : [])]
    const { stdout } = await docker.call(['run', ...options, IMAGE, ...SHELL])
    const id = stdout.trim()
    await endDebounce(daemon, id)
    t.is((await docker.call(['wait', id])).stdout, '137\n')
    const logs = async () => {
      const told = await docker.call(['logs', id])
      return terminal ? told.stdout : told.stderr
    }
    await checkTold(t, daemon, id, logs)
  })
}

for (const runtime of ['runc', 'crun'] as const) {
  const title = `why a container was stopped is in its logs, with ${runtime}`
  const check = checksWith('podman', needPodman(runtime))
  check(title, async t => {
    const { daemon, shim } = await setting(t, runtime)
    const podman = await createPodman(t, runtime)
    const { stdout } = await podman.run(shim.script, ['--detach', ...WITHOUT_CHROOT], SHELL)
    const id = stdout.trim()
    await endDebounce(daemon, id)
    t.is((await podman.call(['wait', id])).stdout, '137\n')
    await checkTold(t, daemon, id, async () => (await podman.call(['logs', id])).stderr)
  })
}

/** The line is there, and the daemon knows. */
async function checkTold(
  t: ExecutionContext,
  daemon: DaemonProcess,
  id: string,
  logs: () => Promise<string>,
): Promise<void> {
  await until(async () => (await logs()).split(/\r?\n/).includes(MESSAGE), 10_000)
  await until(async () => (await daemon.container(id))?.state === 'stopped', 10_000)
  const told = [{ place: 'stderr', problem: null }]
  t.like(await daemon.container(id), { message: MESSAGE, reason: 'seccomp killed', told, warnings: [] })
}

async function setting(t: ExecutionContext, runtime: string): Promise<{ daemon: DaemonProcess; shim: Shim }> {
  const shim = installShim(t, runtime)
  const daemon = await startDaemonFor(t, shim.folder, { config: STOP })
  shim.configure({ listener: daemon.listenerSocket, watch: 'all' })
  return { daemon, shim }
}
