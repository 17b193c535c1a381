/**
 * `record` and `strace -f` at the same run. strace is told of a call before the filter is, so what both see of one run is the same,
 * whatever the time of day made of it.
 */

import test, { type ExecutionContext } from 'ava'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { start, until } from '../helpers/child.ts'
import { CLI } from '../helpers/daemon-process.ts'
import { folderOf } from '../helpers/folder.ts'
import { findCommand } from '../helpers/needs.ts'
import { assertInstalled, freePort, recordedPrograms, type RecordedProgram } from '../helpers/recorded-programs.ts'
import { callsBelow } from '../helpers/strace.ts'

const DEADLINE_MS = 100_000

for (const program of recordedPrograms) {
  test.serial(`record sees the calls that strace sees, no more and no less: ${program.title}`, async t => {
    t.timeout(2 * DEADLINE_MS)
    assertInstalled(program)
    const { recorded, traced } = await bothSee(t, program)
    t.true(traced.length > 20, traced.join(' '))
    // What strace itself calls is not below the command, and neither is the filter's loading. rt_sigreturn is let run unseen.
    t.deepEqual(
      recorded,
      traced.filter(name => name !== 'rt_sigreturn'),
    )
  })
}

async function bothSee(t: ExecutionContext, { words, code, serve }: RecordedProgram) {
  const [folder, port] = [folderOf(t), await freePort()]
  const [output, trace] = [join(folder, 'p.json'), join(folder, 'trace')]
  const command = words(port)
  // With strace beside it, the process that is started here is the one that records.
  const strace = ['-D', '-f', '-s', '512', '-o', trace, process.execPath, CLI, 'record', '-o', output, '--', ...command]
  const env = { ...process.env, TMPDIR: folder }
  const running = start(straceCommand(), strace, { env, deadlineMs: DEADLINE_MS })
  await serve?.(port)
  if (serve !== undefined) running.process.kill('SIGTERM')
  const { code: ended, stderr } = await running.finished
  t.is(ended, code, stderr)
  // It may write a moment longer.
  const left = new RegExp(`^${running.pid} +\\+\\+\\+ exited with ${code} `, 'm')
  await until(() => left.test(readFileSync(trace, 'utf8')), 10_000)
  const { calls } = JSON.parse(readFileSync(`${output}.record.json`, 'utf8')) as { calls: { syscall: string }[] }
  const recorded = calls.map(({ syscall }) => syscall)
  return { recorded, traced: callsBelow(readFileSync(trace, 'utf8'), executionOf(command)) }
}

function straceCommand(): string {
  const path = findCommand('strace')
  if (path === undefined) throw new Error('strace is not installed; node tools/setup.mjs installs it')
  return path
}

/** How strace writes that it is executed. Node records, too, so that two words are needed to tell who is meant. */
function executionOf([name = '', ...args]: string[]): string {
  const path = name.includes('/') ? name : (findCommand(name) ?? name)
  const words = [name, ...args.slice(0, 1)].map(word => JSON.stringify(word))
  return `execve(${JSON.stringify(path)}, [${words.join(', ')}`
}
