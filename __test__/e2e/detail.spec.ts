/** Who made a call and with what, read while it waited; and nobody waits where that cannot be read. */

import { readdirSync, readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import type { CallDetail } from '../../ts/detail.ts'
import type { StreamedCall } from '../../ts/http/events/call.ts'
import { until, type Running } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { openStream, readEvents, type EventReader } from '../helpers/event-stream.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const CHROOT = process.arch === 'x64' ? '161' : '51'
const HELPER = 'seccomp-notifyd-inspect'
/** A loaded machine may take its time: what is read is read all the same. */
const PATIENT = { detail: { patience: '1m' }, policy: { errno: 'EPERM' } }

interface Told {
  daemon: DaemonProcess
  reader: EventReader
  call(): Promise<StreamedCall>
}

async function begin(t: ExecutionContext, config: object = PATIENT): Promise<Told> {
  t.timeout(170_000)
  const daemon = await startDaemonFor(t, folderOf(t), { config })
  const reader = readEvents(await openStream(daemon.apiSocket, '/v1/events'))
  // Of a daemon that is gone there is nothing to cancel.
  t.teardown(() => reader.cancel().catch(() => {}))
  const call = async () => (await reader.take(1))[0]?.data as StreamedCall
  return { daemon, reader, call }
}

/** A container that makes the calls it is told. */
function container(t: ExecutionContext, daemon: DaemonProcess, id: string): Running & { tell(line: string): void } {
  const words = ['--id', id, '--call', CHROOT, '--', guest('calls-on-command')]
  const running = startFakeRuntime(daemon.listenerSocket, words, { input: 'pipe', deadlineMs: 150_000 })
  t.teardown(() => running.process.kill('SIGKILL'))
  return Object.assign(running, { tell: (line: string) => void running.process.stdin?.write(`${line}\n`) })
}

const answers = (running: Running, what: string) => running.stdout().split(`${what} EPERM\n`).length - 1

function helpersOf({ pid }: DaemonProcess): number[] {
  const numbers = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return numbers.map(Number).filter(each => {
    const status = statusOf(each)
    return status.includes(`PPid:\t${pid}\n`) && status.startsWith(`Name:\t${HELPER.slice(0, 15)}\n`)
  })
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

/** The process that makes the calls, as soon as one waits (proc_pid_syscall(5)). */
async function waiting(running: Running): Promise<number> {
  await running.printed(/^pid \d+\n/m)
  const pid = Number(/^pid (\d+)/m.exec(running.stdout())?.[1])
  await until(() => readFileSync(`/proc/${pid}/syscall`, 'utf8').startsWith(`${CHROOT} `), 10_000)
  return pid
}

function helperOf(daemon: DaemonProcess): number {
  const [helper, ...others] = helpersOf(daemon)
  if (helper === undefined || others.length > 0) throw new Error(`${others.length + 1} programs look at calls`)
  return helper
}

test.serial('of the first calls it is told who made them and with what, and of later ones not', async t => {
  const { daemon, reader } = await begin(t)
  const web = container(t, daemon, 'web')
  web.tell('chroot /some/path 10')
  const calls = (await reader.take(10)).map(({ data }) => data as StreamedCall)
  const [first, second, third, fourth, ...later] = calls.map(({ detail }) => detail)
  const program = guest('calls-on-command')
  for (const detail of [first, second, third, fourth]) {
    t.like(detail, { missing: null, args: ['"/some/path"'], exe: program, cmdline: [program], frames: [] })
    t.is(detail?.comm, 'calls-on-comman')
    t.is(detail?.pid, calls[0]?.tid)
  }
  t.deepEqual(
    later.map(detail => detail),
    Array<undefined>(6).fill(undefined),
  )
  t.true(calls.every(({ errno }) => errno === 'EPERM'))
  await web.printed('chroot EPERM')
  const view = await daemon.container('web')
  t.like(view?.calls[0], { syscall: 'chroot', count: 10, detail: { args: ['"/some/path"'] } })
  const shown = await cli(['describe', '--api-socket', daemon.apiSocket, 'web'])
  t.true(shown.stdout.includes('chroot("/some/path")  calls-on-comman (pid '), shown.stdout)
  const line = daemon.logs().find(({ msg }) => msg === 'denied call seen for the first time')
  t.like(line, { syscall: 'chroot', detail: { comm: 'calls-on-comman', args: ['"/some/path"'] } })
})

test.serial('threads, other kinds of calls and addresses that nobody has', async t => {
  const { daemon, call } = await begin(t)
  const web = container(t, daemon, 'web')
  web.tell('thread /from/a/thread')
  const threaded = await call()
  t.deepEqual(threaded.detail?.args, ['"/from/a/thread"'])
  t.not(threaded.detail?.pid, threaded.tid)
  web.tell('bad')
  t.deepEqual((await call()).detail?.args, ['0x10'])
})

test.serial('nothing is read where that is switched off', async t => {
  const { daemon, call } = await begin(t, { ...PATIENT, detail: { calls: 'off' } })
  container(t, daemon, 'web').tell('chroot /some/path')
  const made = await call()
  t.is(made.syscall, 'chroot')
  t.false('detail' in made)
  t.deepEqual(helpersOf(daemon), [])
  t.false('detail' in ((await daemon.container('web'))?.calls[0] ?? {}))
})

test.serial(
  'while the program that reads hangs one call waits, and others are answered; then it is read after all',
  async t => {
    const { daemon, reader, call } = await begin(t)
    const [quick, slow] = [container(t, daemon, 'quick'), container(t, daemon, 'slow')]
    quick.tell('chroot /quick 4')
    await reader.take(4)
    process.kill(helperOf(daemon), 'SIGSTOP')
    slow.tell('chroot /slow')
    quick.tell('chroot /quick 500')
    await reader.take(500)
    await until(() => answers(quick, 'chroot') === 504, 20_000)
    t.is(answers(slow, 'chroot'), 0)
    process.kill(helperOf(daemon), 'SIGCONT')
    const late = await call()
    t.is(late.container?.id, 'slow')
    t.deepEqual(late.detail?.args, ['"/slow"'])
  },
)

test.serial('a call is answered when its time is over, that is told, and the program is started anew', async t => {
  const { daemon, call } = await begin(t, { ...PATIENT, detail: { patience: '8s' } })
  const web = container(t, daemon, 'web')
  web.tell('chroot /first')
  t.is((await call()).detail?.missing, null)
  const before = helperOf(daemon)
  process.kill(before, 'SIGSTOP')
  web.tell('chroot /second')
  const made = await call()
  t.is(made.errno, 'EPERM')
  t.is(made.detail?.missing, 'timed out')
  const failed = (reason: string) => daemon.metric('seccomp_notifyd_failed_looks_total', { reason })
  t.deepEqual([await failed('timed_out'), await failed('failed'), await failed('gone')], [1, 0, 0])
  t.deepEqual(made.detail?.args, [])
  await web.printed(/(chroot EPERM\n.*){2}/s)
  await until(() => !helpersOf(daemon).includes(before), 10_000)
})

test.serial('a program that was killed is started anew with the next call', async t => {
  const { daemon, call } = await begin(t)
  const web = container(t, daemon, 'web')
  web.tell('chroot /first')
  t.deepEqual((await call()).detail?.args, ['"/first"'])
  const before = helperOf(daemon)
  process.kill(before, 'SIGKILL')
  await until(() => !helpersOf(daemon).includes(before) || /^State:\tZ/m.test(statusOf(before)), 10_000)
  web.tell('chroot /second')
  t.deepEqual((await call()).detail?.args, ['"/second"'])
})

test.serial('a caller that is killed while it is looked at is let go, and not counted', async t => {
  const { daemon, reader } = await begin(t)
  const web = container(t, daemon, 'web')
  web.tell('chroot /first')
  await reader.take(1)
  process.kill(helperOf(daemon), 'SIGSTOP')
  web.tell('chroot /second')
  process.kill(await waiting(web), 'SIGKILL')
  await until(async () => (await daemon.container('web'))?.state === 'exited', 20_000)
  t.is(await daemon.total(), 1)
})

test.serial('a daemon that is told to end answers what it looks at', async t => {
  const { daemon, reader } = await begin(t)
  const web = container(t, daemon, 'web')
  web.tell('chroot /first')
  await reader.take(1)
  const helper = helperOf(daemon)
  process.kill(helper, 'SIGSTOP')
  web.tell('chroot /second')
  await waiting(web)
  t.is((await daemon.stop()).code, 0)
  await web.printed(/(chroot EPERM\n.*){2}/s)
  t.is(statusOf(helper), '')
})

test.serial('with a daemon that is killed its program ends, and the call fails', async t => {
  const { daemon, reader } = await begin(t)
  const web = container(t, daemon, 'web')
  web.tell('chroot /first')
  await reader.take(1)
  const helper = helperOf(daemon)
  process.kill(helper, 'SIGSTOP')
  web.tell('chroot /second')
  await waiting(web)
  await daemon.kill9()
  await web.printed('chroot ENOSYS')
  await until(() => statusOf(helper) === '' || /^State:\tZ/m.test(statusOf(helper)), 10_000)
  t.is(answers(web, 'chroot'), 1)
})

test.serial('what a hostile caller says of itself shows harmlessly everywhere', async t => {
  const { daemon, call } = await begin(t)
  const web = container(t, daemon, 'web')
  web.tell('hostile')
  const { detail } = await call()
  const expected: Partial<CallDetail> = {
    comm: String.raw`\x1b[31m<b>"\n\xff`,
    cmdline: [
      '<img src=x onerror=alert(1)>',
      String.raw`\x1b[2J\x1b[31mred`,
      'quote"\'`$(id)',
      String.raw`line\nbreak`,
      String.raw`\xff\xfe`,
      'now',
    ],
    args: [String.raw`"/\x1b]0;owned\x07<script>alert(1)</script>\"'\\\n\xff\xfe\u202e"`],
  }
  t.like(detail, expected)
  await web.printed('hostile EPERM')
  const events = cli(['describe', '--api-socket', daemon.apiSocket, 'web'])
  for (const { stdout } of [await events]) isHarmless(t, stdout)
  isHarmless(t, daemon.child.stdout() + daemon.child.stderr())
  t.true((await events).stdout.includes(String.raw`\x1b]0;owned\x07<script>`))
  const everything = [JSON.stringify(detail), (await events).stdout, daemon.child.stderr()].join()
  t.false(everything.includes('hunter2'), 'the environment is not read')
})

/** No control character but the line's end, and none that turns text around. */
function isHarmless(t: ExecutionContext, text: string): void {
  t.true(text.length > 0)
  // eslint-disable-next-line no-control-regex
  t.deepEqual(text.match(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\ufffd]/gu) ?? [], [])
}

function define(runtime: 'runc' | 'crun'): void {
  const { check, setting } = checksUnder(runtime)

  check('a caller in namespaces of its own is read too', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: PATIENT }, ['calls-on-command'])
    const bundle = runtimes.bundle({
      args: ['calls-on-command', 'once', 'chroot /inside/of/it'],
      profile: profile(['chroot']),
    })
    const { stdout, stderr } = await runtimes.run('inside', bundle).finished
    t.is(stdout.trim(), 'chroot EPERM', stderr)
    await until(async () => (await daemon.calls('inside', 'chroot')) === 1, 5000)
    const view = await daemon.container('inside')
    t.like(view?.calls[0]?.detail, { comm: 'calls-on-comman', args: ['"/inside/of/it"'] })
    t.regex(view?.calls[0]?.detail?.exe ?? '', /^\/.*calls-on-command$/)
  })

  if (process.arch !== 'x64') return
  check('a path of the 32-bit entry is read too', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: PATIENT }, ['calls-on-command'])
    const bundle = runtimes.bundle({ args: ['calls-on-command', 'once', 'i386 /narrow'], profile: profile(['chroot']) })
    const { stdout, stderr } = await runtimes.run('narrow', bundle).finished
    t.is(stdout.trim(), 'i386 EPERM', stderr)
    await until(async () => (await daemon.calls('narrow', 'chroot')) === 1, 5000)
    t.like((await daemon.container('narrow'))?.calls[0], { abi: 'i386', detail: { args: ['"/narrow"'] } })
  })
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)
