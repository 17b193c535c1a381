/** docs/containers.md: its example works as it stands, and its table says what annotations and metadata do. */

import test from 'ava'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readOurs } from '../../ts/annotations.ts'
import { readMetadata } from '../../ts/metadata.ts'
import type { Setting } from '../../ts/wishes.ts'
import { start, until } from '../helpers/child.ts'
import { runtimeCommand, type RuntimeName } from '../helpers/containers.ts'
import { startDaemon } from '../helpers/daemon-process.ts'
import { blocksOf, codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { needRuntime, recordExercise } from '../helpers/needs.ts'

const page = readDocument('docs/containers.md')
const rows = tableOf(page, 'annotation').map(([annotation = '', member = '']) => ({
  annotation: codesOf(annotation)[0] ?? '',
  member: codesOf(member)[0] ?? '',
}))
const VALUES: Record<string, [annotation: string, member: unknown]> = {
  action: ['stop', 'stop'],
  answer: ['continue', 'continue'],
  ignore: ['clone3,mkdir', ['clone3', 'mkdir']],
  debounceMs: ['2s', 2000],
}

test('the table has every setting, under the names that are read', t => {
  t.deepEqual(
    rows.map(({ member }) => member),
    Object.keys(VALUES),
  )
  for (const { annotation, member } of rows) {
    const [text = '', value] = VALUES[member] ?? []
    t.deepEqual(readOurs({ [annotation]: text }).wishes, { [member]: value })
    t.deepEqual(readMetadata(JSON.stringify({ v: 1, [member]: value })).wishes, { [member]: value } as Record<
      Setting,
      never
    >)
  }
})

test('the example of metadata is understood whole', t => {
  const [example] = blocksOf(page).filter(({ info }) => info === 'json metadata')
  const { wishes, warnings } = readMetadata(example?.text)
  t.deepEqual(wishes, { action: 'stop', ignore: ['clone3'], debounceMs: 2000 })
  t.deepEqual(warnings, [])
})

for (const runtime of ['runc', 'crun'] as const) {
  test(`the step by step example works under ${runtime}`, async t => {
    const title = `docs/containers.md under ${runtime}`
    const need = needRuntime(runtime)
    if (!need.usable) {
      recordExercise({ part: runtime, title, outcome: 'skip', reason: need.reason })
      t.log(`skipped: ${need.reason}`)
      t.pass()
      return
    }
    t.teardown(() => recordExercise({ part: runtime, title, outcome: t.passed ? 'pass' : 'fail' }))
    const folder = mkdtempSync(join(tmpdir(), 'sn-'))
    const daemon = await startDaemon(folder)
    t.teardown(async () => {
      await daemon.stop()
      rmSync(folder, { recursive: true })
    })
    const id = `web-${basename(folder)}`
    const text = script(runtime, folder, daemon.listenerSocket).replace('runc run web', `runc run ${id}`)
    const { code, stderr } = await start('sh', ['-ec', text], { cwd: folder }).finished
    t.is(code, 137)
    t.regex(stderr, /chroot: .*Function not implemented/)
    // The runtime may have ended before the daemon has put down what it did.
    await until(async () => (await daemon.container(id))?.state === 'stopped', 5000)
    t.is((await daemon.container(id))?.message, 'Used forbidden syscalls: chroot (1x)')
  })
}

/** The blocks of the page as they stand, but for the socket; `runc` is the runtime with its state in our folder. */
function script(runtime: RuntimeName, folder: string, socket: string): string {
  const command = runtimeCommand(runtime, join(folder, 'state')).map(word => `'${word}'`)
  const blocks = blocksOf(page).filter(({ info }) => info === 'sh bundle')
  const text = blocks.map(block => block.text).join('')
  return `runc() { ${command.join(' ')} "$@"; }\n${text.replace('/run/seccomp-notifyd/listener.sock', socket)}`
}
