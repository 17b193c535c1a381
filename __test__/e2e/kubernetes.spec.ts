/** Pods of containerd's interface for Kubernetes, asked for by a mock of the kubelet; their RuntimeClass is ours. */

import { readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { until } from '../helpers/child.ts'
import { needContainerd } from '../helpers/containerd.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { checksWith } from '../helpers/engine-checks.ts'
import { NAMESPACE, type Kubelet, type PodContainer } from '../helpers/kubelet.ts'
import { startNode } from '../helpers/pods.ts'
import { installShim, type Shim } from '../helpers/shim.ts'
import { endDebounce, MESSAGE, STOP, TWICE_EACH } from '../helpers/stopping.ts'

const CRIO_TOTAL = 'container_runtime_crio_containers_seccomp_notifier_count_total'
const STOP_WISH = { 'seccomp-notifyd.io/action': 'stop' }
const PROFILE = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['chroot', 'swapoff'], action: 'SCMP_ACT_ERRNO' }],
}
const AS_IT_WAS = 'as it was\n'
const KILLED = { exitCode: 137, reason: 'Error' }
const IN_LOGS = { place: 'stderr', problem: null }

const check = checksWith('containerd', needContainerd())

check('a container of a pod that is stopped says why where Kubernetes looks', async t => {
  const { kubelet, daemon, shim } = await setting(t)
  const localhost = join(shim.folder, 'profile.json')
  writeFileSync(localhost, JSON.stringify(PROFILE))
  const pod = await kubelet.runPod('web', STOP_WISH)
  for (const [attempt, seccomp] of (['RuntimeDefault', { localhost }] as const).entries()) {
    const options = { command: ['sh', '-c', TWICE_EACH], seccomp, attempt, drop: ['SYS_CHROOT'] }
    const container = await pod.start('server', options)
    await endDebounce(daemon, container.id)
    t.deepEqual(await container.ended(), { ...KILLED, message: `${MESSAGE}\n` })
    await until(() => hasLine(container.logs()), 10_000)
    const name = `k8s_server_web_${NAMESPACE}_${pod.uid}_${attempt}`
    const told = [IN_LOGS, { place: 'termination-file', problem: null }]
    await isStopped(daemon, container)
    t.like(await daemon.container(container.id), { name, reason: 'seccomp killed', told, warnings: [] })
    t.is(await daemon.metric(CRIO_TOTAL, { name, syscalls: 'chroot (2x), swapoff (2x)' }), 1)
  }
  t.is((await daemon.containers()).length, 2, 'the pod itself has no listener')
})

check('what a pod runs unconfined is left alone, and so is a pod that asks for nothing', async t => {
  const { kubelet, daemon } = await setting(t)
  const script = 'grep Seccomp: /proc/self/status; chroot / true; exit 5'
  const command = ['sh', '-c', script]
  const asking = await kubelet.runPod('asking', STOP_WISH)
  const unconfined = await asking.start('server', { command, seccomp: 'Unconfined' })
  t.deepEqual(await unconfined.ended(), { exitCode: 5, reason: 'Error', message: '' })
  await until(() => /Seccomp:\t0$/m.test(unconfined.logs()), 10_000, unconfined.logs)
  const silent = await kubelet.runPod('silent', {})
  const container = await silent.start('server', { command, seccomp: 'RuntimeDefault', drop: ['SYS_CHROOT'] })
  t.deepEqual(await container.ended(), { exitCode: 5, reason: 'Error', message: '' })
  await until(() => /Seccomp:\t2$/m.test(container.logs()), 10_000, container.logs)
  t.deepEqual(await daemon.containers(), [])
})

check("no file is written to but the kubelet's own, and nothing that the container may only read", async t => {
  const { kubelet, daemon, shim } = await setting(t)
  const victim = join(shim.folder, 'victim')
  writeFileSync(victim, AS_IT_WAS)
  const pod = await kubelet.runPod('hostile', STOP_WISH)
  const start = (name: string, before: string, hostPath?: string) =>
    pod.start(name, {
      command: ['sh', '-c', `${before} ${TWICE_EACH}`],
      seccomp: 'RuntimeDefault',
      drop: ['SYS_CHROOT'],
      mounts: hostPath === undefined ? [] : [{ containerPath: '/dev/termination-log', hostPath }],
    })
  const stopped = async (container: PodContainer) => {
    await endDebounce(daemon, container.id)
    t.like(await container.ended(), KILLED)
    await isStopped(daemon, container)
    return (await daemon.container(container.id))?.told
  }

  t.deepEqual(await stopped(await start('elsewhere', '', victim)), [IN_LOGS])
  const reading = await start('reading', 'exec 2</dev/termination-log;', victim)
  t.deepEqual(await stopped(reading), [{ place: 'stderr', problem: 'the container has it open for reading only' }])
  const linked = await start('linked', '')
  unlinkSync(linked.terminationFile)
  symlinkSync(victim, linked.terminationFile)
  t.deepEqual(await stopped(linked), [
    IN_LOGS,
    { place: 'termination-file', problem: 'there is a link in its path, and none is followed' },
  ])
  t.is(readFileSync(victim, 'utf8'), AS_IT_WAS)
})

/** In the format of the interface's logs. */
function hasLine(logs: string): boolean {
  return logs.split('\n').some(line => line.endsWith(` stderr F ${MESSAGE}`))
}

function isStopped(daemon: DaemonProcess, { id }: PodContainer): Promise<void> {
  return until(async () => (await daemon.container(id))?.state === 'stopped', 10_000)
}

interface Setting {
  kubelet: Kubelet
  daemon: DaemonProcess
  shim: Shim
}

async function setting(t: ExecutionContext): Promise<Setting> {
  const shim = installShim(t, 'runc')
  const config = { policy: { ...STOP.policy, action: 'log' } }
  const daemon = await startDaemonFor(t, shim.folder, { config })
  shim.configure({ listener: daemon.listenerSocket })
  const kubelet = await startNode(t, shim)
  return { kubelet, daemon, shim }
}
