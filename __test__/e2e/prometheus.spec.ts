/** The rules of deploy/prometheus/: as promtool tests them, and with a real Prometheus, daemon and container. */

import test, { type ExecutionContext } from 'ava'
import { until } from '../helpers/child.ts'
import { needPrometheus, promtool, startPrometheus, type Alert, type Prometheus } from '../helpers/prometheus.ts'
import { recordExercise } from '../helpers/needs.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const need = needPrometheus()
const { check: checkUnderRunc, setting } = checksUnder('runc')

function record(title: string, outcome: 'pass' | 'fail'): void {
  recordExercise({ part: 'prometheus', title, outcome })
}

function skip(title: string, reason: string): void {
  recordExercise({ part: 'prometheus', title, outcome: 'skip', reason })
  test.skip(`${title} (${reason})`, () => {})
}

function check(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (!need.usable) return skip(title, need.reason)
  test(title, async t => {
    t.teardown(() => record(title, t.passed ? 'pass' : 'fail'))
    await body(t)
  })
}

function checkContainer(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (!need.usable) return skip(title, need.reason)
  checkUnderRunc(title, body)
}

for (const args of [
  ['check', 'config', '--lint=all', '--lint-fatal', 'prometheus.yaml'],
  ['test', 'rules', 'seccomp-notifyd.test.yaml'],
]) {
  check(`promtool ${args.join(' ')}`, async t => {
    const { code, stdout, stderr } = await promtool(args)
    t.is(code, 0, stdout + stderr)
  })
}

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

checkContainer('a container that calls chroot makes its alerts fire, and a daemon that is gone its own', async t => {
  const { runtimes, daemon, profile } = await setting(t, { config: { policy: { action: 'stop', debounce: '500ms' } } })
  const [address = 'unknown'] = /127\.0\.0\.1:\d+/.exec(JSON.stringify(daemon.logs())) ?? []
  const prometheus = await startPrometheus(t, runtimes.folder, address)
  // Scraped before the stop: its counter has to be seen at 0.
  await until(
    async () => (await prometheus.query('seccomp_notifyd_stops_total == 0')).length === 3,
    30_000,
    () => `${address} is not scraped`,
  )
  t.deepEqual(await firing(prometheus), [])
  const args = ['sh', '-c', 'chroot / true; chroot / true; exec sleep 60']
  const container = runtimes.run('web', runtimes.bundle({ args, profile: profile(['chroot']) }))
  const forbidden = await alert(prometheus, 'SeccompNotifydForbiddenCalls', 'firing')
  t.like(forbidden.labels, { job: 'seccomp-notifyd', instance: address, name: 'web', syscalls: 'chroot (2x)' })
  t.regex(forbidden.annotations['description'] ?? '', /chroot \(2x\)/)
  t.is((await alert(prometheus, 'SeccompNotifydContainerStopped', 'firing')).labels['outcome'], 'stopped')
  t.is((await container.finished).code, 137)
  t.deepEqual(await firing(prometheus), ['SeccompNotifydContainerStopped', 'SeccompNotifydForbiddenCalls'])
  await daemon.kill9()
  t.is((await alert(prometheus, 'SeccompNotifydDown', 'pending')).labels['instance'], address)
})
