/** docs/log.md has every record that the daemon writes, with its level. */

import test from 'ava'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDaemon } from '../helpers/daemon-process.ts'
import { codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { guest } from '../helpers/guests.ts'
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
    return [...source.matchAll(/\blog\.(debug|info|warn|error)\([^']*?'([a-z][^']+)',?\s*\)/gi)]
  })
  .map(([, level = '', message = '']) => ({ level, message }))

test('every text in the source has a row with its level', t => {
  t.true(written.length > 8)
  const fixed = rows.filter(({ message }) => !message.endsWith('...'))
  const pairs = (list: readonly { level: string; message: string }[]) =>
    list.map(({ level, message }) => `${level} ${message}`).toSorted()
  t.deepEqual(pairs(fixed), pairs(written))
})

/** What the fake runtime's filter notifies. */
const GETPPID = process.arch === 'x64' ? '110' : '173'

test('records of a daemon that stops a container and refuses a hand-over have the members of their rows', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const daemon = await startDaemon(folder, { config: { policy: { action: 'stop' } } })
  await startFakeRuntime(daemon.listenerSocket, ['--pipe-fds', '1']).finished
  const asked = ['--annotation', 'seccomp-notifyd.io/debounce=50ms', '--annotation', 'seccomp-notifyd.io/ignore=?']
  const program = ['--', guest('calls-repeatedly'), '60', '1000000', GETPPID]
  await startFakeRuntime(daemon.listenerSocket, [...asked, ...program]).finished
  await daemon.stop()
  const told = daemon.logs().map(({ msg = '', ...record }) => ({ msg, record }))
  const rowOf = (msg: string, level: unknown) =>
    rows.find(row => row.level === level && (row.message === msg || msg.startsWith(row.message.split('...')[0] ?? '?')))
  for (const { msg, record } of told) {
    const row = rowOf(msg, record.level)
    t.deepEqual(Object.keys(record).toSorted(), ['level', 'time', ...(row?.members ?? [])].toSorted(), msg)
  }
  const messages = [...new Set(told.map(({ msg }) => msg))]
  for (const wanted of ['ready', 'container attached', 'container warning', 'hand-over refused', 'container ended'])
    t.true(messages.includes(wanted), wanted)
  t.true(messages.includes('Used forbidden syscalls: getppid (1x)'))
})
