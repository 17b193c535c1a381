/** docs/log.md has every record that the daemon writes, with its level. */

import test from 'ava'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { projectRoot } from '../helpers/project.ts'

const rows = tableOf(readDocument('docs/log.md'), 'level').map(([level = '', message = '', members = '']) => ({
  level,
  message: codesOf(message)[0] ?? '',
  members: codesOf(members),
}))

/** Calls of the log with a text of their own; the text of an incident and that of the history are made elsewhere. */
const written = readdirSync(join(projectRoot, 'ts'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .flatMap(file => {
    const source = readFileSync(join(projectRoot, 'ts', file), 'utf8')
    return [...source.matchAll(/\blog\.(debug|info|warn|error)\(\s*(\{[^]*?\}|fields\(\w+\)),\s*'([^']+)'/g)]
  })
  .map(([, level = '', fields = '', message = '']) => ({ level, fields, message }))

test('every text in the source has a row with its level', t => {
  t.true(written.length > 8)
  const fixed = rows.filter(({ message }) => !message.endsWith('...'))
  const pairs = (list: readonly { level: string; message: string }[]) =>
    list.map(({ level, message }) => `${level} ${message}`).toSorted()
  t.deepEqual(pairs(fixed), pairs(written))
})

test('members that a record is written with are in its row', t => {
  for (const { fields, message } of written) {
    const row = rows.find(each => each.message === message)
    const names = [...fields.matchAll(/(?<![.\w])([a-z]\w*)(?=\s*[,:}])/gi)].map(([, name = '']) => name)
    for (const name of names.filter(each => !['config', 'servers', 'history', 'message', 'id', 'clip'].includes(each)))
      t.true(row?.members.includes(name), `${message}: ${name}`)
  }
})
