import test from 'ava'
import { summarize } from '../../ts/http/summary.ts'
import { containerTable } from '../../ts/report/ps.ts'
import { view } from '../http/fakes.ts'

const STARTED_MS = Date.parse('2026-01-01T10:00:00.000Z')
const table = (...views: Parameters<typeof view>[0][]) =>
  containerTable(
    views.map(given => summarize(view(given))),
    STARTED_MS + 90_000,
  )

test('containers of a runtime alone have a narrow table', t => {
  t.is(table({}), 'KEY  NAME  STATE    ACTION  CALLS  REASON  AGE\nk1   web   running  log     0              90s\n')
})

test('what an engine tells has columns, where any container has it', t => {
  const pod = { name: 'k8s_web_shop-0_prod_u_0', podContainer: 'web', pod: 'shop-0', namespace: 'prod' } as const
  const rows = table({ ...pod, engine: 'containerd' }, { key: 'k2', name: 'db', engine: 'docker' })
  t.deepEqual(
    rows
      .split('\n')
      .slice(0, 3)
      .map(line => line.split(/ +/)),
    [
      ['KEY', 'NAME', 'NAMESPACE', 'POD', 'ENGINE', 'STATE', 'ACTION', 'CALLS', 'REASON', 'AGE'],
      ['k1', 'web', 'prod', 'shop-0', 'containerd', 'running', 'log', '0', '90s'],
      ['k2', 'db', 'docker', 'running', 'log', '0', '90s'],
    ],
  )
})

test('hostile text is escaped and cut', t => {
  const rows = table({ name: 'a\u001b[2Jb', image: 'x'.repeat(500) })
  t.true(rows.includes('a\\x1b[2Jb'))
  t.true(rows.includes(`${'x'.repeat(63)}…`))
  t.false(rows.includes('\u001b'))
})
