/** docs/runbook.md against the alerts that there are. */

import test from 'ava'
import { parse } from 'yaml'
import { readDocument } from '../helpers/documents.ts'

interface Rule {
  alert: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook_url: string }
}

const { groups } = parse(readDocument('deploy/prometheus/seccomp-notifyd.rules.yaml')) as {
  groups: { rules: Rule[] }[]
}
const rules = groups.flatMap(group => group.rules)
const { repository } = JSON.parse(readDocument('package.json')) as { repository: { url: string } }
const page = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/docs/runbook.md`

test('every alert has its section, in this order, and no section is of none', t => {
  const sections = [...readDocument('docs/runbook.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title)
  t.true(rules.length > 5)
  t.deepEqual(
    sections,
    rules.map(({ alert }) => alert),
  )
})

test('every alert links to its section, and says how severe it is', t => {
  for (const { alert, labels, annotations } of rules) {
    t.is(annotations.runbook_url, `${page}#${alert.toLowerCase()}`)
    t.true(['info', 'warning', 'critical'].includes(labels.severity), alert)
    t.true(annotations.summary !== '' && annotations.description !== '', alert)
  }
})
