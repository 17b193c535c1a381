/** docs/troubleshooting.md explains every code that can be met, and none that cannot. */

import test from 'ava'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES } from '../../ts/errors.ts'
import { problems } from '../../ts/http/problem.ts'
import { codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { projectRoot } from '../helpers/project.ts'

const page = readDocument('docs/troubleshooting.md')

test('every error code has a section with a text', t => {
  const sections = [...page.matchAll(/^### `(ERR_[A-Z_]+)`\n\n([^#]+)/gm)]
  t.deepEqual(sections.map(([, code]) => code ?? '').toSorted(), [...ERROR_CODES].toSorted())
  for (const [, code, text = ''] of sections) t.true(text.trim().length > 10, code)
})

test('every refusal of the HTTP interface is in the table with its status', t => {
  t.deepEqual(
    tableOf(page, 'code').map(([code = '', status]) => [codesOf(code)[0], Number(status)]),
    Object.entries(problems).map(([code, { status }]) => [code, status]),
  )
})

test('every reason for which a hand-over is refused is in the table', t => {
  const rust = readFileSync(join(projectRoot, 'crates/supervisor/src/refusal.rs'), 'utf8')
  const reasons = [...rust.matchAll(/Self::\w+ => "(\w+)"/g)].map(([, reason]) => reason)
  t.true(reasons.length > 5)
  t.deepEqual(
    tableOf(page, 'reason').map(([reason = '']) => codesOf(reason)[0]),
    reasons,
  )
})
