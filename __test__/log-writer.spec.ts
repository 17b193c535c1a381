import test, { type ExecutionContext } from 'ava'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createLogWriter } from '../ts/log-writer.ts'
import { startDaemon } from './helpers/daemon-process.ts'
import { folderOf } from './helpers/folder.ts'

function open(t: ExecutionContext, path: string): number {
  const fd = openSync(path, 'w')
  t.teardown(() => closeSync(fd))
  return fd
}

test('lines are written in their order, and all of them before the end', async t => {
  const file = join(folderOf(t), 'log')
  const { write, close } = createLogWriter(open(t, file))
  const lines = Array.from({ length: 5000 }, (_, index) => `${index} ${'ж'.repeat(index % 50)}\n`)
  for (const line of lines) write(line)
  await close()
  t.is(readFileSync(file, 'utf8'), lines.join(''))
})

test('nothing is thrown or waited for on a full disk', async t => {
  const { write, close } = createLogWriter(open(t, '/dev/full'))
  for (let line = 0; line < 100; line++) write(`${line}\n`)
  await close()
  write('after the end\n')
  await close()
  t.pass()
})

/** It is refused, which is logged. */
function handOverNothing(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connect(path)
      .on('error', reject)
      .on('close', () => resolve())
      .end('[]')
      .resume()
  })
}

for (const [title, redirection] of [
  ['on a full disk', '2>/dev/full'],
  ['that is closed', '2>&-'],
  ['without a reader', '2> >(true)'],
] as const) {
  test(`a daemon with a log ${title} serves, and ends when told`, async t => {
    const daemon = await startDaemon(folderOf(t), { wrap: ['bash', '-c', `exec "$0" "$@" ${redirection}`] })
    t.teardown(() => daemon.kill9())
    for (let attempt = 0; attempt < 3; attempt++) await handOverNothing(daemon.listenerSocket)
    t.is((await daemon.get('/healthz')).status, 200)
    t.is((await daemon.stop()).code, 0)
  })
}
