/** deploy/grafana/: every query of the dashboard finds what it names in a real scrape. */

import test from 'ava'
import { until } from '../helpers/child.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import { codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { scrapedAddress, startPrometheus } from '../helpers/prometheus.ts'
import { checkWithPrometheus } from '../helpers/prometheus-checks.ts'

/** What the fake runtime's filter notifies. */
const GETPPID = process.arch === 'x64' ? '110' : '173'

interface Target {
  expr: string
  legendFormat: string
}

interface Panel {
  id: number
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets: Target[]
}

interface Dashboard {
  panels: Panel[]
  annotations: { list: { expr: string }[] }
  templating: { list: { name: string; definition?: string }[] }
}

const dashboard = JSON.parse(readDocument('deploy/grafana/seccomp-notifyd.json')) as Dashboard
const targets = dashboard.panels.flatMap(panel => panel.targets)

/** What Grafana does with "All" of a variable and with its own intervals. */
function expand(promql: string): string {
  return promql
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h')
    .replaceAll(/\$(instance|container)/g, '.*')
}

test('panels have ids of their own and do not overlap', t => {
  t.is(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  )
  t.is(new Set(cells).size, cells.length)
})

test('queries use variables that there are, and labels that metrics have', t => {
  const metrics = tableOf(readDocument('docs/metrics.md'), 'metric')
  const labels = new Set(['job', 'instance', ...metrics.flatMap(([, , names = '']) => codesOf(names))])
  const queries = [...targets, ...dashboard.annotations.list].map(({ expr }) => expr)
  const matched = queries.flatMap(query => [...query.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"/g)].map(([, name]) => name))
  const grouped = queries.flatMap(query =>
    [...query.matchAll(/by \(([^)]+)\)/g)].flatMap(([, names]) => names?.split(', ')),
  )
  t.deepEqual(
    [...matched, ...grouped].filter(name => !labels.has(name ?? '')),
    [],
  )
  t.deepEqual(
    queries.map(expand).filter(query => query.includes('$')),
    [],
  )
})

checkWithPrometheus('every query finds series, with the labels that its legend shows', async t => {
  const folder = folderOf(t)
  const config = { policy: { action: 'stop', errno: 'EPERM', debounce: '100ms' } }
  const daemon = await startDaemonFor(t, folder, { config })
  const prometheus = await startPrometheus(t, folder, await scrapedAddress(daemon))
  const count = async (query: string) => (await prometheus.query(query)).length
  await until(async () => (await count('seccomp_notifyd_stops_total')) === 3, 30_000)
  const stopped = startFakeRuntime(daemon.listenerSocket, ['--', guest('calls-repeatedly'), '60', '1000000', GETPPID])
  await stopped.finished
  await until(async () => (await count('seccomp_notifyd_stops_total == 1')) === 1, 30_000)
  const staying = startFakeRuntime(daemon.listenerSocket, ['--id', 'staying', '--go'], { input: 'pipe' })
  await staying.printed('ready')
  await until(async () => (await count('sum(seccomp_notifyd_containers) > 0')) === 1, 30_000)
  for (const { expr, legendFormat } of targets) {
    const series = await prometheus.query(expand(expr))
    t.true(series.length > 0, expr)
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
    t.deepEqual(
      shown.filter(label => !series.some(({ metric }) => label in metric)),
      [],
      expr,
    )
  }
  for (const { expr } of dashboard.annotations.list) t.true((await count(expand(expr))) > 0, expr)
  for (const { name, definition } of dashboard.templating.list) {
    if (definition === undefined) continue
    const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? []
    t.true((await count(`group by (${label}) (${metric}{${label}!=""})`)) > 0, name)
  }
  staying.process.stdin?.end('g')
  await staying.finished
})
