/** docs/metrics.md against what a daemon exports after it has seen everything that makes a metric. */

import test from 'ava'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../helpers/child.ts'
import { parseMetrics, startDaemon, type DaemonProcess } from '../helpers/daemon-process.ts'
import { codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { guest } from '../helpers/guests.ts'

const CRIO = 'container_runtime_crio_containers_seccomp_notifier_count_total'
/** What the fake runtime's filter notifies. */
const GETPPID = process.arch === 'x64' ? '110' : '173'

interface Exported {
  types: Map<string, string>
  labels: Map<string, Set<string>>
}

/** A container that is denied a call and goes on for a while, with an incident; and a hand-over that is refused. */
async function scrape(t: { teardown(act: () => Promise<void>): void }, crioForm: string): Promise<Exported> {
  const folder = mkdtempSync(join(tmpdir(), 'sn-'))
  const daemon = await startDaemon(folder, { config: { metrics: { crioForm }, policy: { action: 'stop' } } })
  t.teardown(async () => {
    await daemon.stop()
    rmSync(folder, { recursive: true })
  })
  await startFakeRuntime(daemon.listenerSocket, ['--pipe-fds', '1']).finished
  const debounce = ['--annotation', 'seccomp-notifyd.io/debounce=50ms']
  const program = ['--', guest('calls-repeatedly'), '60', '1000000', GETPPID]
  const running = startFakeRuntime(daemon.listenerSocket, [...debounce, ...program])
  // Waits for a byte before its call, and so is still there when the other one is stopped.
  const staying = startFakeRuntime(daemon.listenerSocket, ['--id', 'staying', '--go'], { input: 'pipe' })
  await staying.printed('ready')
  await until(async () => (await daemon.metric('seccomp_notifyd_stops_total')) > 0, 15_000)
  const exported = await read(daemon)
  staying.process.stdin?.end('g')
  await Promise.all([running.finished, staying.finished])
  return exported
}

async function read(daemon: DaemonProcess): Promise<Exported> {
  const { body } = await daemon.get('/metrics')
  const types = new Map([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]))
  const labels = new Map<string, Set<string>>()
  for (const sample of parseMetrics(body)) {
    const name = types.has(sample.name) ? sample.name : sample.name.replace(/_(bucket|sum|count)$/, '')
    labels.set(name, new Set([...(labels.get(name) ?? []), ...Object.keys(sample.labels)]))
  }
  return { types, labels }
}

const rows = tableOf(readDocument('docs/metrics.md'), 'metric').map(([name = '', type = '', labels = '']) => ({
  name: codesOf(name)[0] ?? '',
  type,
  labels: codesOf(labels),
}))

for (const crioForm of ['syscalls', 'syscall']) {
  test(`every metric is documented with its type and labels; form ${crioForm}`, async t => {
    const { types, labels } = await scrape(t, crioForm)
    t.deepEqual(rows.map(({ name }) => name).toSorted(), [...types.keys()].toSorted())
    for (const row of rows) {
      t.is(types.get(row.name), row.type, row.name)
      const wanted = row.name === CRIO ? ['name', crioForm] : row.labels
      t.deepEqual([...(labels.get(row.name) ?? [])].toSorted(), wanted.toSorted(), row.name)
    }
  })
}

test('every label is in the table of bounds', t => {
  const bounded = tableOf(readDocument('docs/metrics.md'), 'label').flatMap(([label = '']) => codesOf(label))
  const used = new Set(rows.flatMap(({ labels }) => labels))
  t.deepEqual(
    [...used].filter(label => !bounded.includes(label)),
    ['version', 'node', 'libseccomp'],
  )
  t.deepEqual(
    bounded.filter(label => !used.has(label)),
    [],
  )
})
