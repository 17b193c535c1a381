/** The rules of deploy/prometheus/: as promtool tests them, and with a real Prometheus, daemon and container. */

import type { ExecutionContext } from 'ava'
import { endProcess, until } from '../helpers/child.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { promtool, scrapedAddress, startPrometheus, type Alert, type Prometheus } from '../helpers/prometheus.ts'
import { checkWithPrometheus } from '../helpers/prometheus-checks.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const { check: checkUnderRunc, setting } = checksUnder('runc')
const CALLS = 'seccomp_notifyd_container_calls_total'

for (const args of [
  ['check', 'config', '--lint=all', '--lint-fatal', 'prometheus.yaml'],
  ['test', 'rules', 'seccomp-notifyd.test.yaml'],
]) {
  checkWithPrometheus(`promtool ${args.join(' ')}`, async t => {
    const { code, stdout, stderr } = await promtool(args)
    t.is(code, 0, stdout + stderr)
  })
}

/** What a target can call itself; a name with a control character is refused when it is handed over. */
const HOSTILE = ['a"b\\c\\', 'x",syscall="none"} 7', '# EOF', 'контейнер-コンテナ', '\u202Eevil\u2028']

checkWithPrometheus('a scrape with hostile names passes promtool, and Prometheus reads it as OpenMetrics', async t => {
  const folder = folderOf(t)
  const daemon = await startDaemonFor(t, folder, { config: { policy: { errno: 'EPERM' } } })
  for (const id of HOSTILE) {
    const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', id, '--calls', '3', '--linger-ms', '170000'])
    t.teardown(() => runtime.process.kill('SIGKILL'))
    await runtime.printed(/^pid \d+/m)
    const pid = Number(/^pid (\d+)/m.exec(runtime.stdout())?.[1])
    // What it made lives on and holds its output, for which the process of the test would wait.
    t.teardown(() => pid > 1 && endProcess(pid))
    await until(async () => (await daemon.metric(CALLS)) === 3 * (HOSTILE.indexOf(id) + 1), 20_000)
  }
  const address = await scrapedAddress(daemon)
  const { code, stdout, stderr } = await promtool(['check', 'metrics'], (await daemon.get('/metrics')).body)
  t.deepEqual([code, stdout, stderr], [0, '', ''])
  const open = await fetch(`http://${address}/metrics`, { headers: { Accept: 'application/openmetrics-text' } })
  t.regex(open.headers.get('Content-Type') ?? '', /^application\/openmetrics-text/)
  const lines = (await open.text()).split('\n')
  t.is(lines.filter(line => line.startsWith('# EOF')).length, 1)
  t.deepEqual(lines.slice(-2), ['# EOF', ''])
  const prometheus = await startPrometheus(t, folder, address)
  await until(
    async () => (await prometheus.query(CALLS)).length === HOSTILE.length,
    30_000,
    () => `${address} is not scraped`,
  )
  const series = await prometheus.query(CALLS)
  t.true(series.every(({ metric, value }) => metric['syscall'] === 'getppid' && value[1] === '3'))
  const labels = (await daemon.metrics())
    .filter(({ name }) => name === CALLS)
    .map(each => each.labels['container'] ?? '')
  t.deepEqual(series.map(({ metric }) => metric['container'] ?? '').toSorted(), labels.toSorted())
  t.true(labels.includes(HOSTILE[0] ?? '?') && labels.includes(HOSTILE[3] ?? '?'))
  t.is((await prometheus.query('up'))[0]?.value[1], '1')
})

async function alert(prometheus: Prometheus, name: string, state: Alert['state']): Promise<Alert> {
  let alerts: Alert[] = []
  const found = () => alerts.find(each => each.labels['alertname'] === name && each.state === state)
  const look = async () => {
    alerts = await prometheus.alerts()
    return found() !== undefined
  }
  await until(look, 60_000, () => `${name} is not ${state}: ${JSON.stringify(alerts)}`)
  return found()!
}

async function firing(prometheus: Prometheus): Promise<string[]> {
  const alerts = (await prometheus.alerts()).filter(({ state }) => state === 'firing')
  return alerts.map(({ labels }) => labels['alertname'] ?? '').toSorted()
}

checkWithPrometheus(
  'a container that calls chroot makes its alerts fire, and a daemon that is gone its own',
  alertsFire,
  checkUnderRunc,
)

async function alertsFire(t: ExecutionContext): Promise<void> {
  const { runtimes, daemon, profile } = await setting(t, { config: { policy: { action: 'stop', debounce: '500ms' } } })
  const address = await scrapedAddress(daemon)
  const prometheus = await startPrometheus(t, runtimes.folder, address)
  // Scraped before the stop: its counter has to be seen at 0.
  await until(
    async () => (await prometheus.query('seccomp_notifyd_stops_total == 0')).length === 3,
    30_000,
    () => `${address} is not scraped`,
  )
  t.deepEqual(await firing(prometheus), [])
  const args = ['sh', '-c', 'chroot / true; chroot / true; exec sleep 1000']
  const container = runtimes.run('scraped', runtimes.bundle({ args, profile: profile(['chroot']) }))
  const forbidden = await alert(prometheus, 'SeccompNotifydForbiddenCalls', 'firing')
  t.like(forbidden.labels, { job: 'seccomp-notifyd', instance: address, name: 'scraped', syscalls: 'chroot (2x)' })
  t.regex(forbidden.annotations['description'] ?? '', /chroot \(2x\)/)
  t.is((await alert(prometheus, 'SeccompNotifydContainerStopped', 'firing')).labels['outcome'], 'stopped')
  t.is((await container.finished).code, 137)
  t.deepEqual(await firing(prometheus), ['SeccompNotifydContainerStopped', 'SeccompNotifydForbiddenCalls'])
  await daemon.kill9()
  t.is((await alert(prometheus, 'SeccompNotifydDown', 'pending')).labels['instance'], address)
}
