/** `events` and `stop` of the built command line, against a real daemon and real targets. */

import test, { type ExecutionContext } from 'ava'
import type { CallDetail } from '../../ts/detail.ts'
import type { StreamedCall } from '../../ts/http/events/call.ts'
import { droppedLine, eventLine } from '../../ts/report/event-line.ts'
import { start, until, type Running } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { CLI, startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'

const GETPPID = process.arch === 'x64' ? '110' : '173'

const startDaemon = (t: ExecutionContext) => startDaemonFor(t, folderOf(t), { config: { policy: { errno: 'EPERM' } } })

function follow(t: ExecutionContext, { apiSocket }: DaemonProcess, ...args: string[]): Running {
  const running = start(process.execPath, [CLI, 'events', '--api-socket', apiSocket, ...args])
  t.teardown(() => running.process.kill('SIGKILL'))
  return running
}

/** Makes calls until somebody has seen one. */
async function callUntil(daemon: DaemonProcess, isSeen: () => boolean): Promise<void> {
  await until(async () => {
    await startFakeRuntime(daemon.listenerSocket, ['--id', 'web', '--calls', '2']).finished
    return isSeen()
  }, 30_000)
}

test('calls are lines with who made them and what they got; SIGINT is the end, and no failure', async t => {
  const daemon = await startDaemon(t)
  const following = follow(t, daemon, '--container', 'web')
  await callUntil(daemon, () => following.stdout().includes('\n'))
  following.process.kill('SIGINT')
  const { code, stdout, stderr } = await following.finished
  t.is(code, 0)
  t.is(stderr, '')
  const call =
    /^\d\d:\d\d:\d\d\.\d{3} {2}web-\S+ +getppid\((0x[0-9a-f]+, ){5}0x[0-9a-f]+\) = EPERM {2}\[tid \d+, \w+, verdict notify/
  for (const line of stdout.trimEnd().split('\n')) t.regex(line, call)
})

test('with --json each line is one object; filters apply', async t => {
  const daemon = await startDaemon(t)
  const other = follow(t, daemon, '--json', '--syscall', 'chroot')
  const following = follow(t, daemon, '--json', '--syscall', 'getppid,chroot', '--verdict', 'notify')
  await callUntil(daemon, () => following.stdout().split('\n').length > 2)
  following.process.kill('SIGTERM')
  const lines = (await following.finished).stdout.trimEnd().split('\n')
  for (const line of lines) t.like(JSON.parse(line), { event: 'call', syscall: 'getppid', errno: 'EPERM' })
  t.is(other.stdout(), '')
})

test('a reader that goes is the end, and no failure', async t => {
  const daemon = await startDaemon(t)
  const command = `{ ${process.execPath} ${CLI} events --api-socket ${daemon.apiSocket}; echo "code $?" >&2; } | head -n 1`
  const following = start('sh', ['-c', command])
  await callUntil(daemon, () => following.stderr().includes('code'))
  t.is((await following.finished).stderr, 'code 0\n')
})

test('a daemon that ends is told, and is a failure', async t => {
  const daemon = await startDaemon(t)
  const following = follow(t, daemon)
  await callUntil(daemon, () => following.stdout() !== '')
  await daemon.stop()
  const { code, stderr } = await following.finished
  t.is(code, 1)
  t.is(stderr, `seccomp-notifyd: the daemon at ${daemon.apiSocket} has ended the stream\n`)
})

test('what the daemon refuses is told with its reason, and a daemon that is not there as such', async t => {
  const { apiSocket } = await startDaemon(t)
  const refused = await cli(['events', '--api-socket', apiSocket, '--syscall', 'A'])
  t.is(refused.code, 1)
  t.is(
    refused.stderr,
    `seccomp-notifyd: the daemon at ${apiSocket} answered 400: syscall: "A" is not a syscall name; accepted: names such as chroot\n`,
  )
  t.regex((await cli(['events', '--api-socket', '/nowhere/a.sock'])).stderr, /could not reach a daemon at \/nowhere/)
})

test('stop stops a container, prints its key, and says what is not there or has ended', async t => {
  const daemon = await startDaemon(t)
  const program = ['--', guest('calls-repeatedly'), '100000', '20000', GETPPID]
  const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', 'web-1', ...program])
  t.teardown(() => runtime.process.kill('SIGKILL'))
  await until(async () => (await daemon.calls('web-1', 'getppid')) > 0, 20_000)
  const stop = (id: string, ...more: string[]) => cli(['stop', id, '--api-socket', daemon.apiSocket, ...more])
  const { key } = (await daemon.container('web-1'))!
  t.deepEqual(await stop('web-'), { code: 0, stdout: `${key}\n`, stderr: '' })
  t.is((await daemon.container('web-1'))?.reason, 'stopped on request')
  await until(async () => (await daemon.container('web-1'))?.listeners === 0, 10_000)
  const again = await stop(key)
  t.deepEqual([again.code, again.stdout], [1, ''])
  t.true(again.stderr.includes(`answered 409: the container ${key} has ended`), again.stderr)
  t.like(await stop('nobody'), { code: 1, stdout: '' })
})

const call: StreamedCall = {
  container: { key: 'k', id: 'i', name: 'n' },
  syscall: 'chroot',
  abi: 'x86_64',
  number: 161,
  verdict: 'EPERM',
  errno: null,
  phase: 'init',
  continued: true,
  args: ['0x1', '0x0'],
  instructionPointer: '0x0',
  tid: 7,
  at: '2026-01-01T10:00:01.002Z',
  latencyNs: 1,
  sequence: 1,
}

test('a call that was let run, and one of nobody, say so; hostile text is escaped', t => {
  const rest = '[tid 7, x86_64, verdict EPERM, init]\n'
  t.is(eventLine(call), `10:00:01.002  ${'k'.padEnd(28)}  chroot(0x1, 0x0) = let run  ${rest}`)
  t.is(
    eventLine({ ...call, container: null, errno: 'EPERM' }),
    `10:00:01.002  ${'-'.padEnd(28)}  chroot(0x1, 0x0) = EPERM  ${rest}`,
  )
  const hostile = eventLine({ ...call, container: { key: 'a\u001b[31m\n', id: '', name: '' } }).slice(0, -1)
  t.true(hostile.includes('a\\x1b[31m\\n '), hostile)
})

test('who made a call and with what is told on its line, and what only looks like nothing is shown', t => {
  const detail = {
    pid: 9,
    comm: 'sh',
    exe: '/bin/sh',
    cmdline: ['sh', '-c', 'x y'],
    args: ['"/\u202ea"'],
    frames: [],
    site: null,
    framesEnd: null,
    cwd: null,
  }
  const line = `10:00:01.002  ${'k'.padEnd(28)}  `
  const rest = '= let run  [tid 7, x86_64, verdict EPERM, init]'
  t.is(
    eventLine({ ...call, detail: { missing: null, ...detail } }),
    String.raw`${line}chroot("/\u202ea") ${rest}  sh (pid 9, /bin/sh): sh -c 'x y'` + '\n',
  )
  const missing: CallDetail = { ...detail, args: [], cmdline: [], missing: 'timed out' }
  t.is(eventLine({ ...call, detail: missing }), `${line}chroot(0x1, 0x0) ${rest}  detail: timed out\n`)
})

test('what is missing is told in words', t => {
  t.is(droppedLine({ reason: 'slow', calls: 1 }), '1 call is missing here: they came faster than they were read')
  t.is(
    droppedLine({ reason: 'restart', calls: null }),
    'an unknown number of calls are missing here: the daemon was restarted',
  )
})
