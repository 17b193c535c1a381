/** `seccomp-notifyd run` between pipes: the command's own streams are as they would be without us. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, reportOf, run, shell, startRun } from '../helpers/embedded.ts'
import { folderOf } from '../helpers/folder.ts'

const STACK_TRACE = /^\s+at /m

check('input that comes late is waited for', async t => {
  const { code, stdout, stderr } = await shell('(sleep 0.5; echo late) | $RUN --deny chroot -- cat').finished
  t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'late\n', stderr: '' })
})

check('a reader that is slow gets everything', async t => {
  const script = '$RUN --deny chroot -- head -c 3000000 /dev/zero | { sleep 0.5; wc -c; }'
  const { code, stdout, stderr } = await shell(script).finished
  t.deepEqual({ code, stdout: stdout.trim(), stderr }, { code: 0, stdout: '3000000', stderr: '' })
})

check('messages that are read late are complete, those of the command too', async t => {
  const command = `sh -c 'head -c 300000 /dev/zero | tr "\\0" x >&2; chroot / true 2>/dev/null; exit 3'`
  const script = `{ $RUN --deny chroot -- ${command} 2>&1 >/dev/null; echo "code $?" >&3; } 3>&2 | { sleep 0.5; cat; }`
  const { stdout, stderr } = await shell(script).finished
  t.is(stderr, 'code 3\n')
  t.is(stdout, `${'x'.repeat(300_000)}seccomp-notifyd: Used forbidden syscalls: chroot (1x)\n`)
})

check('a reader that has gone ends the command as it would without us', async t => {
  const script = '$RUN --deny chroot -- yes | head -1; echo ${PIPESTATUS[0]}'
  const { stdout, stderr } = await shell(script).finished
  t.is(stdout, 'y\n141\n')
  t.is(stderr, '')
})

for (const [title, flags] of [
  ['the message', ''],
  ['the report', '--json'],
] as const) {
  check(`${title} that nobody reads costs the command nothing`, async t => {
    const command = `sh -c 'sleep 0.3; chroot / true 2>/dev/null; exit 3'`
    const script = `exec 3>&1; { $RUN ${flags} --deny chroot -- ${command} 2>&1 >/dev/null; echo "code $?" >&3; } | true`
    const { stdout, stderr } = await shell(script).finished
    t.is(stdout + stderr, 'code 3\n')
  })
}

check('a refusal that nobody reads has its exit code', async t => {
  const script = 'exec 3>&1; { sleep 0.2; $RUN --deny surely_no_call -- true 2>&1 >/dev/null; echo $? >&3; } | true'
  t.is((await shell(script).finished).stdout, '125\n')
})

check('help that is not read to its end is no failure', async t => {
  const { code, stdout, stderr } = await shell('{ sleep 0.2; $RUN --help; } | true').finished
  t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' })
})

check('closed streams are no trouble', async t => {
  const script = `$RUN --deny chroot -- sh -c 'cat; chroot / true; exit 4' <&- >&- 2>&-; echo $?`
  const { stdout, stderr } = await shell(script).finished
  t.is(stdout, '4\n')
  t.is(stderr, '')
})

check('standard output is the command’s alone', async t => {
  const finished = await run('--json', '--deny', 'chroot', '--', 'sh', '-c', 'echo out; echo err >&2; chroot / true')
  t.is(finished.stdout, 'out\n')
  t.regex(finished.stderr, /^err\n/)
  t.notRegex(finished.stderr, STACK_TRACE)
  t.deepEqual(
    reportOf(finished).calls.map(({ syscall, verdict, count }) => [syscall, verdict, count]),
    [['chroot', 'EPERM', 1]],
  )
})

check('the report is written to a file as a whole', async t => {
  const file = join(folderOf(t), 'report.json')
  const { code } = await run('--report', file, '--deny', 'chroot', '--', 'sh', '-c', 'chroot / true; exit 9')
  t.is(code, 9)
  t.like(JSON.parse(readFileSync(file, 'utf8')), { exitCode: 9, message: 'Used forbidden syscalls: chroot (1x)' })
})

check('a report that cannot be written is told after the message, and is no success', async t => {
  const command = ['sh', '-c', 'chroot / true 2>/dev/null']
  const { code, stderr } = await run('--report', '/nowhere/report.json', '--deny', 'chroot', '--', ...command)
  t.is(code, 125)
  const [message, complaint] = stderr.trim().split('\n')
  t.is(message, 'seccomp-notifyd: Used forbidden syscalls: chroot (1x)')
  t.regex(complaint ?? '', /^seccomp-notifyd: could not write \/nowhere\/report\.json: ENOENT/)
})

check('data that cannot be written is no success', async t => {
  const { code, stderr } = await shell('${RUN% run} doctor --json >/dev/full').finished
  t.is(code, 1)
  t.regex(stderr, /^seccomp-notifyd: ENOSPC/)
})

check('what the command reads and writes passes us by', async t => {
  const running = startRun(['--deny', 'chroot', '--', 'sh', '-c', 'while read -r line; do echo "got $line"; done'], {
    input: 'pipe',
  })
  running.process.stdin?.write('one\n')
  await running.printed('got one\n')
  running.process.stdin?.end('two\n')
  const { code, stdout } = await running.finished
  t.deepEqual({ code, stdout }, { code: 0, stdout: 'got one\ngot two\n' })
})
