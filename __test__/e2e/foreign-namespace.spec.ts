/** A daemon whose pid namespace is not the runtime's: numbers from there mean nothing here. */

import test from 'ava'
import { until } from '../helpers/child.ts'
import { processesWith } from '../helpers/containers.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import { startFakeRuntime, sumTallies } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'

const STOP = { policy: { action: 'stop', debounce: '300ms', errno: 'EPERM' } }
/** A duration that nobody else sleeps for. */
const BYSTANDER = `sleep ${86_000_000 + process.pid}`
/** The daemon becomes process 1 of its namespace, and this bystander process 2. */
const WITH_BYSTANDER = ['unshare', '--pid', '--fork', '--kill-child', 'sh', '-c', `${BYSTANDER} & exec "$@"`, 'sh']

const TITLE = 'a number that names a process here is not taken for the one that the runtime means'
const isRoot = process.getuid?.() === 0
const check = isRoot ? test : test.skip

check(isRoot ? TITLE : `not root: ${TITLE}`, async t => {
  const daemon = await startDaemonFor(t, folderOf(t), { config: STOP, wrap: WITH_BYSTANDER })
  const bystanders = processesWith(BYSTANDER)
  t.true(bystanders.length > 0)
  const container = startFakeRuntime(daemon.listenerSocket, ['--id', 'here', '--pid', '2', '--linger-ms', '10000'])
  await until(async () => (await daemon.container('here'))?.incidents.length === 1, 5000)
  const view = await daemon.container('here')
  t.is(view?.incidents[0]?.outcome, 'stop failed')
  t.regex(view?.message ?? '', /outside of this program's pid namespace/)
  t.is((await container.finished).code, 0)
  t.deepEqual(sumTallies(container.stdout()), { calls: 1, errnos: { EPERM: 1 } })
  t.deepEqual(processesWith(BYSTANDER), bystanders)
})
