/** Each exit code of the table, made to happen. */

import test from 'ava'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMON_EXIT_CODES, EXIT, exitCodeOf, RUN_EXIT_CODES, VERIFY_EXIT_CODES } from '../../ts/cli/exit-codes.ts'
import { NotifydError } from '../../ts/errors.ts'
import { cli } from '../helpers/cli.ts'
import { CLI } from '../helpers/daemon-process.ts'

const run = (...command: string[]) => cli(['run', '--deny', 'chroot', '--', ...command])

test('0 and any other: the code of the command of run', async t => {
  t.is((await run('true')).code, 0)
  for (const code of [1, 2, 42, 255]) t.is((await run('sh', '-c', `exit ${code}`)).code, code)
})

test('1: what was asked for could not be done', async t => {
  const { code, stdout, stderr } = await cli(['ps', '--api-socket', '/nonexistent/a.sock'])
  t.deepEqual([code, stdout], [1, ''])
  t.regex(
    stderr,
    /^seccomp-notifyd: could not reach a daemon at \/nonexistent\/a\.sock .*seccomp-notifyd serve.*--api-socket/,
  )
})

test('1: a configuration that is wrong in the file', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'config.yaml')
  writeFileSync(file, 'policy: { action: halt }\n')
  const { code, stderr } = await cli(['serve', '--config', file])
  t.is(code, 1)
  t.is(stderr, `seccomp-notifyd: ${file}:1:19: policy.action: "halt" is not an action; accepted: log, stop\n`)
})

test('1: a socket in a folder that cannot be made', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const rest = ['--api-socket', join(folder, 'a.sock'), '--http', 'off', '--state-dir', join(folder, 'state')]
  const { code, stderr } = await cli(['serve', '--listener-socket', '/dev/null/l.sock', ...rest])
  t.is(code, 1)
  t.regex(stderr, /^seccomp-notifyd: cannot make the folder of the listener socket \/dev\/null\/l\.sock: E.*\n$/)
})

test('120: another listener is active', async t => {
  const { code, stderr } = await run(process.execPath, CLI, 'run', '--deny', 'swapoff', '--', 'true')
  t.is(code, 120)
  t.regex(stderr, /^seccomp-notifyd: .*listener/)
})

test('125: run itself failed, and nothing was executed', async t => {
  const profile = await cli(['run', '--profile', '/nonexistent/profile.json', '--', 'echo', 'executed'])
  t.deepEqual([profile.code, profile.stdout], [125, ''])
  t.regex(profile.stderr, /^seccomp-notifyd: could not read the profile \/nonexistent\/profile\.json/)
  const name = await cli(['run', '--deny', 'no_such_call', '--', 'echo', 'executed'])
  t.deepEqual([name.code, name.stdout], [125, ''])
  t.regex(name.stderr, /^seccomp-notifyd: .*"no_such_call"/)
})

test('126 and 127: the command cannot be executed, or is not there', async t => {
  t.is((await run('/etc/passwd')).code, 126)
  t.is((await run('/nonexistent/command')).code, 127)
  t.is((await run('no-such-command-anywhere')).code, 127)
})

test('137: the command was stopped', async t => {
  const args = ['run', '--deny', 'chroot', '--action', 'stop', '--debounce', '100ms', '--']
  const { code, stderr } = await cli([...args, 'sh', '-c', 'chroot / true; sleep 1000'])
  t.is(code, 137)
  t.true(stderr.endsWith('seccomp-notifyd: Used forbidden syscalls: chroot (1x)\n'))
})

test('128 + n: the command was ended by a signal', async t => {
  t.is((await run('sh', '-c', 'kill -TERM $$')).code, 143)
  t.is((await run('sh', '-c', 'kill -KILL $$')).code, 137)
})

test('the table names every code that the program can choose', t => {
  const tables = [COMMON_EXIT_CODES, RUN_EXIT_CODES, VERIFY_EXIT_CODES].map(table => table.map(({ code }) => code))
  t.deepEqual(
    Object.values(EXIT).filter(code => !tables.flat().includes(`${code}`)),
    [],
  )
  for (const codes of tables) t.is(new Set(codes).size, codes.length)
})

test('an error is a wrong command line only where it says so; for run everything unknown is 125', t => {
  t.is(exitCodeOf(new NotifydError('ERR_USAGE', ''), 'ps'), 2)
  t.is(exitCodeOf(new NotifydError('ERR_API', ''), 'ps'), 1)
  t.is(exitCodeOf(new TypeError('a defect'), undefined), 1)
  t.is(exitCodeOf(new NotifydError('ERR_USAGE', ''), 'run'), 125)
  t.is(exitCodeOf(Object.assign(new Error('of the addon'), { code: 'ERR_EXEC' }), 'run'), 126)
  t.is(exitCodeOf('not even an error', 'run'), 125)
})
