/** Real programs of all kinds under the shim and without it, with the real runc and the real crun. */

import type { ExecutionContext } from 'ava'
import { profiles } from '../../ts/index.ts'
import { until } from '../helpers/child.ts'
import { createRuntimes, type Profile, type RuntimeName, type Runtimes } from '../helpers/containers.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'
import { installShim } from '../helpers/shim.ts'
import { placeTasks, readResults, readTasks, type Result } from '../helpers/workload.ts'

const GUESTS = ['starts-threads', 'calls-from-thread']
const ASKED_FOR = { 'seccomp-notifyd.io/action': 'log' }
const DEADLINE_MS = 150_000
/** What Docker gives to a container. */
const CAPABILITIES = (
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL ' +
  'AUDIT_WRITE'
)
  .split(' ')
  .map(name => `CAP_${name}`)
/** Denied to the last of the tasks, each of which says so. */
const DENIED = ['unshare', 'swapoff', 'mount', 'personality', 'setns', 'socket']

const tasks = readTasks()

function define(runtime: RuntimeName): void {
  const { check, start, createPlace } = checksUnder(runtime)

  check(`${tasks.length} tasks of real programs print and end the same under the shim as without it`, async t => {
    t.timeout(2 * DEADLINE_MS)
    const shim = installShim(t, runtime)
    const runtimes = createRuntimes(runtime, GUESTS, shim.command)
    t.teardown(() => runtimes.cleanUp())
    const daemon = await start(t, shim.folder)
    shim.configure({ listener: daemon.listenerSocket })
    const under = await work(t, runtimes)
    t.deepEqual(under, await work(t, createPlace(t, GUESTS)))
    const wrong = under.filter(({ code }, at) => code !== (tasks[at]?.code ?? 0))
    t.deepEqual(wrong, [], 'a program that does not do its work proves nothing')
    for (const call of DENIED)
      await until(
        async () => (await daemon.calls('work', call)) > 0,
        5000,
        () => call,
      )
  })
}

async function work(t: ExecutionContext, runtimes: Runtimes): Promise<Result[]> {
  const { document } = profiles.resolve(profiles.runtimeDefault(), { capabilities: CAPABILITIES })
  const profile = JSON.parse(document.text) as Profile
  const options = { profile, capabilities: CAPABILITIES, annotations: ASKED_FOR, noNewPrivileges: false }
  const bundle = runtimes.bundle({ ...options, ...placeTasks(runtimes, tasks) })
  const { code, stdout, stderr } = await runtimes.run('work', bundle, DEADLINE_MS).finished
  t.is(code, 0, stderr)
  return readResults(tasks, stdout)
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)
