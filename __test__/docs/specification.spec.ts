/** SPECIFICATION.md: promises are numbered without a gap, and each names a test or says that it is pending. */

import test from 'ava'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codesOf, readDocument } from '../helpers/documents.ts'
import { projectRoot } from '../helpers/project.ts'

const rows = [...readDocument('SPECIFICATION.md').matchAll(/^\| (\d+) \| (.+) \| (.+) \|$/gm)].map(
  ([, number, promise = '', held = '']) => ({ number: Number(number), promise, held }),
)

test('promises are numbered one by one', t => {
  t.true(rows.length > 30)
  t.deepEqual(
    rows.map(({ number }) => number),
    rows.map((_, index) => index + 1),
  )
})

test('each is held by files that have tests, or pending', t => {
  for (const { number, held } of rows) {
    if (held === '*test pending*') continue
    const files = codesOf(held)
    t.true(files.length > 0, `${number}`)
    for (const file of files) t.true(hasTests(file), `${number}: ${file}`)
  }
})

function hasTests(file: string): boolean {
  const path = join(projectRoot, file)
  if (!existsSync(path)) return false
  return (
    file === 'bench/run.mjs' || /\b(test|check|checksWith|inBrowser)\b.*\(|#\[test\]/.test(readFileSync(path, 'utf8'))
  )
}
