/** Containers without a pid namespace of their own: no kernel ends their processes with init. Under the real runc. */

import { until } from '../helpers/child.ts'
import { processesWith } from '../helpers/containers.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'
import { endNow } from '../helpers/stopping.ts'

const LOG_UNLESS_ASKED = { policy: { action: 'log', debounce: '1h', maxDelay: '1h', errno: 'EPERM' } }
const STOP = { 'seccomp-notifyd.io/action': 'stop' }

// crun makes no cgroup here: it refuses the hybrid layout, and the tests disable its cgroups.
const { check, setting } = checksUnder('runc')

for (const frozen of [false, true]) {
  const how = frozen ? 'and frozen' : 'running'
  check(`a stop ends all processes of a container with the host's pids, ${how}, and nobody else's`, async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: LOG_UNLESS_ASKED })
    // Durations that nobody else sleeps for.
    const [doomed, spared] = frozen
      ? [`82${process.pid}`, `83${process.pid}`]
      : [`84${process.pid}`, `85${process.pid}`]
    const script = (sleep: string) => `sleep ${sleep} & (sleep ${sleep}; true) & chroot / true; echo called; wait`
    const bundle = (sleep: string, annotations: Record<string, string>) => {
      const args = ['sh', '-c', script(sleep)]
      return runtimes.bundle({ args, annotations, profile: profile(['chroot']), pidNamespace: false })
    }
    const bystander = runtimes.runDetached('bystander', bundle(spared, {}))
    await bystander.printed('called')
    const container = runtimes.runDetached('doomed', bundle(doomed, STOP))
    await container.printed('called')
    if (frozen) t.is((await runtimes.pause('doomed')).code, 0)
    await until(async () => (await daemon.calls('doomed', 'chroot')) === 1, 5000)
    await endNow(daemon, 'doomed')
    await until(async () => (await daemon.container('doomed'))?.state === 'stopped', 20_000)
    t.deepEqual(processesWith(`sleep ${doomed}`), [])
    await container.finished
    t.is((await daemon.container('doomed'))?.message, 'Used forbidden syscalls: chroot (1x)')
    t.is((await runtimes.state('bystander'))?.status, 'running')
    // The shell, whose arguments name it too, a subshell, and what both started.
    t.is(processesWith(`sleep ${spared}`).length, 4)
  })
}
