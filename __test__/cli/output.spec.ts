/** stdout is data, stderr is messages. */

import test from 'ava'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { CLI, startDaemon } from '../helpers/daemon-process.ts'
import { projectRoot } from '../helpers/project.ts'

test('the version is that of the package', async t => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
  t.deepEqual(await cli(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
})

test('help that was asked for is data', async t => {
  for (const args of [['--help'], ['help', 'run'], ['run', '--help']]) {
    const { code, stdout, stderr } = await cli(args)
    t.is(code, 0)
    t.regex(stdout, /^Usage: seccomp-notifyd /)
    t.is(stderr, '')
  }
})

test('the help of run has its exit codes and examples', async t => {
  const { stdout } = await cli(['run', '--help'])
  for (const code of ['120', '125', '126', '127', '137', '128 + n']) t.true(stdout.includes(`\n  ${code} `), code)
  t.regex(stdout, /Examples:\n {2}# .+\n {2}\$ seccomp-notifyd run /)
})

test('doctor prints a table, or JSON with the same findings', async t => {
  const { code, stdout, stderr } = await cli(['doctor', '--json'])
  const { findings } = JSON.parse(stdout) as { findings: { name: string; status: string }[] }
  t.is(stderr, '')
  t.is(code, findings.some(({ status }) => status === 'fail') ? 1 : 0)
  const table = (await cli(['doctor'])).stdout.split('\n')
  t.regex(table[0] ?? '', /^STATUS +WHAT +DETAIL$/)
  t.deepEqual(
    table.slice(1, -1).map(line => line.split(/ {2,}/).slice(0, 2)),
    findings.map(({ status, name }) => [status, name]),
  )
})

test('colours come on a terminal only, and not with NO_COLOR', async t => {
  const env = { ...process.env, TERM: 'xterm', NO_COLOR: '', FORCE_COLOR: '1', CI: '1' }
  t.false((await cli(['doctor'], { env })).stdout.includes('\u001b'))
  const typed = `${process.execPath} ${CLI} doctor`
  const onTerminal = async (more: object) =>
    (await start('script', ['-qec', typed, '/dev/null'], { env: { ...env, ...more } }).finished).stdout
  t.true((await onTerminal({})).includes('\n\u001b[32mok\u001b[39m '))
  t.false((await onTerminal({ NO_COLOR: '1' })).includes('\u001b'))
})

test('run leaves stdout to its command; its report is one line on stderr or a file', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'report.json')
  const options = ['--deny', 'chroot', '--json', '--report', file]
  const { stdout, stderr } = await cli(['run', ...options, '--', 'sh', '-c', 'chroot / true 2>&-; echo data'])
  t.is(stdout, 'data\n')
  const report = JSON.parse(stderr) as { message: string }
  t.is(report.message, 'Used forbidden syscalls: chroot (1x)')
  t.deepEqual(JSON.parse(readFileSync(file, 'utf8')), report)
})

test('ps and describe ask a daemon; what is not there is a message and no data', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-cli-'))
  const daemon = await startDaemon(folder)
  t.teardown(async () => {
    await daemon.stop()
    rmSync(folder, { recursive: true })
  })
  const ask = (...args: string[]) => cli([...args, '--config', join(folder, 'config.yaml')])
  const empty = await ask('ps')
  t.regex(empty.stdout, /^KEY +NAME +STATE +ACTION +CALLS +REASON +AGE\n$/)
  t.deepEqual(JSON.parse((await ask('ps', '--json')).stdout), { containers: [], total: 0 })
  t.deepEqual(await ask('describe', 'nobody'), {
    code: 1,
    stdout: '',
    stderr:
      'seccomp-notifyd: no container has the id, name or key "nobody"; `seccomp-notifyd ps` lists those that are known\n',
  })
})

async function answering(status: number, body: string, ask: (socket: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sn-cli-'))
  const socket = join(folder, 'a.sock')
  const server = createServer((_, response) => response.writeHead(status).end(body))
  await new Promise<void>(resolve => void server.listen(socket, resolve))
  try {
    await ask(socket)
  } finally {
    server.close()
    rmSync(folder, { recursive: true })
  }
}

test('what a daemon refuses is told with its reason', t =>
  answering(409, JSON.stringify({ detail: '2 ids begin with "4f2a": "4f2a1", "4f2a2"' }), async socket => {
    const { code, stderr } = await cli(['describe', '4f2a', '--api-socket', socket])
    t.is(code, 1)
    t.is(stderr, `seccomp-notifyd: the daemon at ${socket} answered 409: 2 ids begin with "4f2a": "4f2a1", "4f2a2"\n`)
  }))

test('a server that is no daemon is not shown as one', t =>
  answering(200, '<html>', async socket => {
    const { code, stdout, stderr } = await cli(['ps', '--api-socket', socket])
    t.deepEqual([code, stdout], [1, ''])
    t.true(stderr.startsWith(`seccomp-notifyd: what answers at ${socket} is no daemon of ours`))
  }))

test('a reader that goes away is no failure', async t => {
  const { code, stderr } = await start('sh', [
    '-c',
    `{ ${process.execPath} ${CLI} doctor; echo "code $?" >&2; } | true`,
  ]).finished
  t.is(code, 0)
  t.regex(stderr, /^code [01]\n$/)
})
