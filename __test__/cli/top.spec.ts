/** `top` in a pipe and on a terminal, against a real daemon. */

import test from 'ava'
import type { ContainerSummary } from '../../ts/http/summary.ts'
import { topTitle, typed as afterKeys, type TopView } from '../../ts/cli/top-view.ts'
import { topRows, topTable, withPart, type Row } from '../../ts/report/top.ts'
import { busy } from '../helpers/busy.ts'
import { start, until } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { CLI } from '../helpers/daemon-process.ts'

test('in a pipe it is one table, with rates, and no control character', async t => {
  const { apiSocket } = await busy(t)
  const { code, stdout, stderr } = await cli(['top', '--api-socket', apiSocket])
  t.deepEqual([code, stderr], [0, ''])
  t.false(stdout.includes('\u001b'))
  const [header = '', row = '', ...rest] = stdout.split('\n')
  t.regex(header, /^KEY +NAME +STATE +ACTION +CALLS +CALLS\/S +INCIDENTS +STOPS IN +AGE$/)
  t.regex(row, /^web-\S+ +web +running +log +\d+ +\d+\.\d +\d+ +\d+s$/)
  t.deepEqual(rest, [''])
  const other = await cli(['top', '--name', 'other', '--api-socket', apiSocket])
  t.is(other.stdout.split('\n').length, 2)
  const json = await cli(['top', '--name', 'WEB', '--json', '--api-socket', apiSocket])
  const { containers } = JSON.parse(json.stdout) as { containers: Row[] }
  t.true(containers[0]!.rate > 0)
})

test('on a terminal keys sort and quit, and the screen is left as it was', async t => {
  const { apiSocket } = await busy(t)
  const typed = `stty rows 20 cols 120; ${process.execPath} ${CLI} top --interval 100ms --api-socket ${apiSocket}`
  const running = start('script', ['-qec', typed, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm' },
    input: 'pipe',
  })
  t.teardown(() => running.process.kill('SIGKILL'))
  await running.printed(/1 containers by rate.*web-/s, 30_000)
  running.process.stdin?.write('n')
  await running.printed('1 containers by name', 30_000)
  running.process.stdin?.write('/no')
  await running.printed('find: no_', 30_000)
  running.process.stdin?.write('q\r')
  await running.printed('0 containers by name with "noq"', 30_000)
  running.process.stdin?.write('/WE\r')
  await running.printed('1 containers by name with "WE"', 30_000)
  running.process.stdin?.write('q')
  const { code, stdout } = await running.finished
  t.is(code, 0)
  t.true(stdout.includes('\u001b[?1049h'))
  t.true(stdout.trimEnd().endsWith('\u001b[?25h\u001b[?1049l'))
})

const summary = (key: string, calls: number, more: Partial<ContainerSummary> = {}): ContainerSummary => ({
  key,
  id: key,
  name: key,
  engine: null,
  image: null,
  namespace: null,
  pod: null,
  podContainer: null,
  state: 'running',
  action: 'log',
  calls,
  recentCalls: null,
  incidents: 0,
  reason: null,
  message: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: null,
  stopDueAt: null,
  recording: null,
  ...more,
})
const sample = (atMs: number, ...containers: ContainerSummary[]) => ({ list: { containers, total: 0 }, atMs })

test('a rate is of the time between two samples; what is new or was reset has none', t => {
  const before = sample(1000, summary('a', 10), summary('b', 9))
  const rows = topRows(sample(3000, summary('a', 20), summary('b', 5), summary('c', 7)), before, 'rate')
  t.deepEqual(
    rows.map(({ key, rate }) => [key, rate]),
    [
      ['a', 5],
      ['c', 0],
      ['b', 0],
    ],
  )
  t.deepEqual(
    topRows(before, undefined, 'rate').map(({ rate }) => rate),
    [0, 0],
  )
  t.deepEqual(
    topRows(before, before, 'rate').map(({ rate }) => rate),
    [0, 0],
  )
})

for (const [order, keys] of [
  ['calls', 'cba'],
  ['incidents', 'bac'],
  ['name', 'acb'],
  ['age', 'bac'],
] as const) {
  test(`sorted by ${order} the order is ${keys}`, t => {
    const now = sample(
      0,
      summary('a', 1, { incidents: 1, name: '1', startedAt: '2026-01-02T00:00:00.000Z' }),
      summary('b', 2, { incidents: 2, name: '3', startedAt: '2026-01-01T00:00:00.000Z' }),
      summary('c', 3, { incidents: 0, name: '2', startedAt: '2026-01-03T00:00:00.000Z' }),
    )
    t.is(
      topRows(now, undefined, order)
        .map(({ key }) => key)
        .join(''),
      keys,
    )
  })
}

test('a pending stop is counted down, never below zero', t => {
  const at = (nowMs: number, stopDueAt: string | null) =>
    topTable(
      [{ ...summary('k', 1, { action: 'stop', stopDueAt }), rate: 1 }],
      Date.parse('2026-01-01T00:00:00.000Z') + nowMs,
    )
  t.regex(at(0, '2026-01-01T00:00:04.001Z'), / 0 {10}5s {8}0s\n$/)
  t.regex(at(9000, '2026-01-01T00:00:04.001Z'), / 0 {10}0s {8}9s\n$/)
  t.regex(at(0, null), / 0 {20}0s\n$/)
})

test('on a terminal the seconds until a stop go down', async t => {
  const policy = { errno: 'EPERM', action: 'stop', debounce: '1h', maxDelay: '1h' }
  const { apiSocket } = await busy(t, policy)
  const typed = `stty rows 20 cols 140; ${process.execPath} ${CLI} top --interval 100ms --api-socket ${apiSocket}`
  const running = start('script', ['-qec', typed, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm' },
    input: 'pipe',
  })
  t.teardown(() => running.process.kill('SIGKILL'))
  const shown = () => new Set(Array.from(running.stdout().matchAll(/ stop .* (3[56]\d\d)s /g), ([, left]) => left))
  await until(
    () => shown().size > 1,
    30_000,
    () => running.stdout(),
  )
  running.process.stdin?.write('q')
  t.is((await running.finished).code, 0)
})

const VIEW: TopView = { order: 'rate', find: '', isFinding: false, isLeft: false }

for (const [keys, view] of [
  [['n'], { ...VIEW, order: 'name' }],
  [['/', 'n'], { ...VIEW, find: 'n', isFinding: true }],
  [['/web\r'], { ...VIEW, find: 'web' }],
  [['/web', '\u007f\u007f'], { ...VIEW, find: 'w', isFinding: true }],
  [['/web\r', '/'], { ...VIEW, isFinding: true }],
  [['/web', '\u001b'], VIEW],
  [['/web\r', '\u001b'], VIEW],
  [['/é😀\u007f\r'], { ...VIEW, find: 'é' }],
  [['/\u0000\u202Ex\r'], { ...VIEW, find: 'x' }],
  [[`/${'x'.repeat(100)}\r`], { ...VIEW, find: 'x'.repeat(64) }],
  [['\u001b[A', '\u001bOq'], VIEW],
  [['/q\u0003'], { ...VIEW, find: 'q', isFinding: true, isLeft: true }],
  [['q'], { ...VIEW, isLeft: true }],
  [['\u0004'], { ...VIEW, isLeft: true }],
] as const) {
  test(`keys ${JSON.stringify(keys)} lead to their view`, t => t.deepEqual(keys.reduce(afterKeys, VIEW), view))
}

test('the line above tells what is looked for, and how many there are', t => {
  t.regex(topTitle(VIEW, 3), /^3 containers by rate; sort: r rate, /)
  t.regex(topTitle({ ...VIEW, find: 'web' }, 0), /^0 containers by rate with "web"; /)
  t.regex(topTitle({ ...VIEW, find: 'we', isFinding: true }, 9), /^find: we_ /)
})

test('a part is found in name and id', t => {
  const rows = [summary('k1', 0, { id: 'ABC', name: 'web' }), summary('k2', 0, { id: 'd', name: 'db' })]
  const found = ['', 'b', 'WE', 'ab', 'none'].map(part => withPart(rows, part).map(({ key }) => key))
  t.deepEqual(found, [['k1', 'k2'], ['k1', 'k2'], ['k1'], ['k1'], []])
})

test('hostile names are escaped and cut', t => {
  const table = topTable([{ ...summary('k', 1, { name: `\u001b[2J\n${'x'.repeat(100)}` }), rate: 1 }], 0)
  t.is(table.split('\n').length, 3)
  t.true(table.includes('\\x1b[2J\\nxxx'))
  t.false(table.includes('x'.repeat(50)))
})
