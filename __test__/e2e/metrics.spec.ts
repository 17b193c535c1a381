/** What a scrape of a real daemon says: exact, bounded and well formed, whatever runs under it. */

import test, { type ExecutionContext } from 'ava'
import { createDaemon, parseConfig, type NotifydEvent } from '../../ts/index.ts'
import { until } from '../helpers/child.ts'
import { startDaemon, type DaemonProcess } from '../helpers/daemon-process.ts'
import { folderOf } from '../helpers/folder.ts'
import { parseExposition, type Family } from '../helpers/exposition.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const TOTAL = 'seccomp_notifyd_calls_total'
const OWN = 'seccomp_notifyd_container_calls_total'
const CRIO = 'container_runtime_crio_containers_seccomp_notifier_count_total'

async function daemonOf(t: ExecutionContext, metrics: object): Promise<DaemonProcess> {
  const daemon = await startDaemon(folderOf(t), { config: { policy: { errno: 'EPERM' }, metrics } })
  t.teardown(() => daemon.kill9())
  return daemon
}

async function scrape(daemon: DaemonProcess): Promise<Map<string, Family>> {
  const { status, body } = await daemon.get('/metrics')
  if (status !== 200) throw new Error(`the scrape failed with ${status}`)
  return parseExposition(body)
}

function sum(families: Map<string, Family>, name: string, labels: Record<string, string> = {}): number {
  const wanted = Object.entries(labels)
  const found = families
    .get(name)
    ?.samples.filter(sample => wanted.every(([key, value]) => sample.labels[key] === value))
  return (found ?? []).reduce((total, { value }) => total + value, 0)
}

const seriesOf = (families: Map<string, Family>) => [...families.values()].flatMap(({ samples }) => samples)

test('a thousand short containers leave few series after the retention, and the total', async t => {
  t.timeout(170_000)
  const daemon = await daemonOf(t, { retention: '5s' })
  let most = 0
  for (let round = 0; round < 20; round++) {
    const { code } = await startFakeRuntime(daemon.listenerSocket, ['--copies', '50', '--id', `job-${round}`]).finished
    t.is(code, 0)
    most = Math.max(most, (await scrape(daemon)).get(OWN)?.samples.length ?? 0)
  }
  t.true(most >= 50, `${most} series of containers`)
  await until(
    async () => {
      const families = await scrape(daemon)
      return seriesOf(families).length < 50 && sum(families, OWN) === 0
    },
    15_000,
    () => 'the series stay',
  )
  const families = await scrape(daemon)
  t.is(sum(families, TOTAL), 1000)
  t.is(sum(families, TOTAL, { syscall: 'getppid' }), 1000)
  t.is(sum(families, CRIO), 0)
  t.is(sum(families, 'seccomp_notifyd_open_listeners'), 0)
})

for (const crioForm of ['syscalls', 'syscall']) {
  test(`4096 made-up numbers make no more series than the cap and one for the rest (${crioForm})`, async t => {
    const daemon = await daemonOf(t, { maxSyscalls: 100, crioForm })
    const args = ['--id', 'liar', '--call', '1000', '--last', '5095', '--linger-ms', '60000']
    const runtime = startFakeRuntime(daemon.listenerSocket, args)
    t.teardown(() => runtime.process.kill('SIGKILL'))
    await runtime.printed('"calls":4096')
    await until(
      async () => sum(await scrape(daemon), TOTAL) === 4096,
      10_000,
      () => 'the calls are not counted',
    )
    const families = await scrape(daemon)
    for (const name of [TOTAL, OWN]) {
      const labels = families.get(name)?.samples.map(sample => sample.labels['syscall'])
      t.true((labels?.length ?? 0) <= 101, `${labels?.length} series of ${name}`)
      t.is(labels?.filter(label => label === 'other').length, 1)
      t.true(labels?.includes('syscall_1000'))
      t.is(sum(families, name), 4096)
    }
    t.true((families.get(CRIO)?.samples.length ?? 0) <= 101)
  })
}

for (const [title, id] of [
  ['quotes and backslashes', 'a"b\\c\\'],
  ['what looks like another label', 'x",syscall="none"} 7'],
  ['letters of other scripts', 'контейнер-コンテナ'],
] as const) {
  test(`an id with ${title} is one label`, async t => {
    const daemon = await daemonOf(t, {})
    const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', id, '--calls', '3', '--linger-ms', '60000'])
    t.teardown(() => runtime.process.kill('SIGKILL'))
    await runtime.printed('"calls":3')
    await until(async () => sum(await scrape(daemon), OWN, { container: id, syscall: 'getppid' }) === 3, 10_000)
    t.is((await scrape(daemon)).get(OWN)?.samples.length, 1)
  })
}

test('a scrape tells its format, and names and explains every family', async t => {
  const daemon = await daemonOf(t, {})
  const families = await scrape(daemon)
  t.true(families.size > 8)
  for (const { name, help } of families.values()) {
    t.regex(name, /^(seccomp_notifyd|container_runtime_crio)_/)
    t.regex(help, /\.$/, name)
  }
})

const { check, createPlace } = checksUnder('runc')

check('three short processes are three events of their container, in order', async t => {
  const runtimes = createPlace(t)
  const daemon = await createDaemon(
    parseConfig({
      listener: { socket: `${runtimes.folder}/l.sock` },
      http: { address: 'off', socket: `${runtimes.folder}/a.sock` },
      stateDir: `${runtimes.folder}/daemon`,
      policy: { errno: 'EPERM' },
      log: { level: 'silent' },
    }),
  )
  t.teardown(() => daemon.close())
  const events: NotifydEvent[] = []
  daemon.on('event', event => void events.push(event))
  const seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    listenerPath: `${runtimes.folder}/l.sock`,
    syscalls: [{ names: ['chroot', 'swapoff', 'mkdir', 'mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
  }
  const args = ['sh', '-c', 'chroot / true; swapoff /x; mkdir /x; chroot / true']
  await runtimes.run('short', runtimes.bundle({ args, profile: seccomp })).finished
  await until(
    () => events.filter(({ syscall }) => syscall === 'chroot').length === 2,
    5000,
    () => JSON.stringify(events.map(each => each.syscall)),
  )
  t.deepEqual(
    events.map(({ container }) => container?.id),
    events.map(() => 'short'),
  )
  t.deepEqual(
    events.map(({ syscall }) => syscall.replace(/at$/, '')),
    ['chroot', 'swapoff', 'mkdir', 'chroot'],
  )
  t.is(new Set(events.map(({ tid }) => tid)).size, 4)
  const sorted = events.toSorted((a, b) => Number(a.sequence - b.sequence) || a.atMs - b.atMs)
  t.deepEqual(sorted, events)
})
