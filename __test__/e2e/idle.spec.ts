/** Listeners that nobody uses cost nothing, and still answer when somebody does. */

import { execFileSync } from 'node:child_process'
import test from 'ava'
import { sleep, start, until } from '../helpers/child.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import type { Tally } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { heldListeners, ownSleeps } from '../helpers/threads.ts'

const WANTED = 10_000
/** What the daemon keeps for connections, logs and /proc, and some more. */
const SPARE_FILES = 512
const IDLE_MS = 3000

test('ten thousand idle listeners wake nobody, and then every one answers', async t => {
  t.timeout(170_000)
  const most = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' })) || WANTED * 2
  const count = Math.min(WANTED, most - SPARE_FILES)
  if (count < WANTED) t.log(`only ${count} listeners: the hard limit of open files is ${most}`)
  const daemon = await startDaemonFor(t, folderOf(t), { config: { policy: { errno: 'EPERM' } } })
  const threads = start(guest('many-listeners'), [daemon.listenerSocket, String(count), 'one'], { input: 'pipe' })
  await threads.printed(`ready ${count}`, 60_000)
  await until(async () => (await daemon.metric('seccomp_notifyd_open_listeners')) === count, 10_000)
  t.is(heldListeners(daemon.pid), count)

  // What came with the hand-overs is written within a second.
  await sleep(2000)
  const before = ownSleeps(daemon.pid)
  await sleep(IDLE_MS)
  t.deepEqual(ownSleeps(daemon.pid), before)

  threads.process.stdin?.write('g')
  await threads.printed('"calls"', 30_000)
  t.deepEqual(JSON.parse(threads.stdout().split('\n')[1] ?? '') as Tally, { calls: count, errnos: { EPERM: count } })
  await until(async () => (await daemon.total()) === count, 10_000)
  threads.process.stdin?.end()
  t.is((await threads.finished).code, 0)
  await until(() => heldListeners(daemon.pid) === 0, 30_000)
})
