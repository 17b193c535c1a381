/** `seccomp-notifyd run` in what users of comparable systems ran into: signals, deaths, orphans, foreign filters, no root. */

import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { run as runInProcess } from '../../ts/run.ts'
import { sleep, start, until } from '../helpers/child.ts'
import { check, reportOf, run, RUN } from '../helpers/embedded.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { installForAll } from '../helpers/installed.ts'
import { projectRoot } from '../helpers/project.ts'
import { createSlowNative } from '../helpers/slow-native.ts'

interface Tally {
  calls: number
  errnos: Record<string, number>
  signals: number
}

const MKDIR = process.arch === 'x64' ? 'mkdir' : 'mkdirat'
const NUMBERS = process.arch === 'x64' ? { chroot: 161, seccomp: 317 } : { chroot: 51, seccomp: 277 }
const A_MILLISECOND_US = 1000
const EXDEV = 18

interface Slowly {
  /** What the guest prints is written here. */
  file: string
  delayUs?: number
  /** The command goes on for as long as there is no file of that name. */
  until?: string
}

/** A guest under a supervisor that is slow to answer. */
async function runSlowly({ file, delayUs = A_MILLISECOND_US, until: end = file }: Slowly, ...words: string[]) {
  const slow = createSlowNative(delayUs)
  const script =
    'file=$1 end=$2; shift 2; "$@" > "$file.part"; mv "$file.part" "$file"; while [ ! -e "$end" ]; do sleep 0.1; done'
  const options = { command: 'sh', args: ['-c', script, 'sh', file, end, ...words], deny: ['mkdir', 'mkdirat'] }
  const running = await runInProcess(options, { native: slow.native })
  return { running, supervisor: slow.supervisor() }
}

function countOf(report: { calls: { syscall: string; count: number }[] }, syscall: string): number {
  return report.calls.filter(call => call.syscall === syscall).reduce((sum, { count }) => sum + count, 0)
}

check('restarted calls are counted once however often a timer interrupts a slow answer', async t => {
  const file = join(folderOf(t), 'tally')
  const { running } = await runSlowly({ file }, guest('calls-under-timer'), '500', '2000', 'restart')
  const report = await running.finished
  const { calls, errnos, signals } = JSON.parse(readFileSync(file, 'utf8')) as Tally
  t.deepEqual([calls, errnos], [500, { EPERM: 500 }])
  t.true(signals > 100, `${signals} signals`)
  t.is(countOf(report, MKDIR), 500)
  t.is(report.message, `Used forbidden syscalls: ${MKDIR} (500x)`)
})

check('a program whose calls are not restarted sees hardly any EINTR', async t => {
  const file = join(folderOf(t), 'tally')
  // Each call takes longer than a signal is away, so without the kernel's help none would end otherwise. With it a call can be
  // interrupted before our thread receives it, which is more often where other tests load the machine.
  const [calls, periodUs, delayUs] = [20, 20_000, 50_000]
  const answered: number[] = []
  while (answered.length < 5 && !answered.some(count => count >= calls / 2)) {
    const words = [guest('calls-under-timer'), String(calls), String(periodUs), 'interrupt']
    const { running } = await runSlowly({ file, delayUs }, ...words)
    const report = await running.finished
    const { errnos, signals } = JSON.parse(readFileSync(file, 'utf8')) as Tally
    const { EPERM = 0, EINTR = 0 } = errnos
    t.is(EPERM + EINTR, calls)
    t.true(signals >= calls, `${signals} signals`)
    t.is(countOf(report, MKDIR), EPERM)
    answered.push(EPERM)
  }
  t.true(
    answered.some(count => count >= calls / 2),
    `${answered.join()} of ${calls}`,
  )
})

check('processes that die while their call waits cost nobody else anything', async t => {
  const folder = folderOf(t)
  const [dying, other] = [join(folder, 'dying'), join(folder, 'other')]
  const end = join(folder, 'end')
  const { running, supervisor } = await runSlowly(
    { file: dying, until: end },
    'sh',
    '-c',
    '"$0" 200 500 & "$1" 1000 > "$2"; wait',
    guest('dies-while-waiting'),
    guest('calls-repeatedly'),
    other,
  )
  await until(() => existsSync(dying), 30_000)
  t.true(supervisor.stats().aborted > 0)
  const wakeups = async (): Promise<number> => {
    const { loopWakeups } = supervisor.stats()
    await sleep(300)
    return supervisor.stats().loopWakeups - loopWakeups
  }
  await until(
    async () => (await wakeups()) <= 2,
    10_000,
    () => 'the command sleeps, and the loop does not',
  )
  writeFileSync(end, '')
  const report = await running.finished
  t.deepEqual(JSON.parse(readFileSync(dying, 'utf8')), { killed: 200 })
  t.like(JSON.parse(readFileSync(other, 'utf8')), { calls: 1000, errnos: { EPERM: 1000 } })
  t.true(countOf(report, MKDIR) >= 1000)
})

check('log counts for the whole life, beyond any incident, and leaves the command alone', async t => {
  const go = join(folderOf(t), 'go')
  const number = String(NUMBERS.chroot)
  const script = `exec >/dev/null; "$0" ${number} ${number} 3
    while [ ! -e "$1" ]; do sleep 0.1; done; "$0" ${number} ${number} 2; exit 5`
  const options = { command: 'sh', args: ['-c', script, guest('calls-number'), go], deny: ['chroot'] }
  // Reading who calls takes its time, and the calls of one incident have to come within the debounce.
  const running = await runInProcess({ ...options, debounceMs: 2000, detail: { calls: 'off' } })
  running.once('incident', () => writeFileSync(go, ''))
  const { exitCode, calls, incidents, message } = await running.finished
  t.is(exitCode, 5)
  t.is(calls[0]?.count, 5)
  t.is(message, 'Used forbidden syscalls: chroot (5x)')
  t.deepEqual(
    incidents.map(each => [each.message, each.outcome]),
    [
      ['Used forbidden syscalls: chroot (3x)', 'logged'],
      ['Used forbidden syscalls: chroot (2x)', 'logged'],
    ],
  )
})

for (const action of ['Stop ', 'halt', '']) {
  check(`the action ${JSON.stringify(action)} is refused with those there are`, async t => {
    const mark = join(folderOf(t), 'mark')
    const { code, stderr } = await run('--action', action, '--deny', 'chroot', '--', 'touch', mark)
    t.is(code, 125)
    t.regex(stderr, /log, stop/)
    t.false(existsSync(mark))
  })
}

check('a grandchild that outlives the command is answered and counted', async t => {
  const file = join(folderOf(t), 'errno')
  const finished = await run('--json', '--deny', 'mkdir,mkdirat', '--', guest('grandchild-after-exit'), file, '300')
  t.is(finished.code, 0)
  t.is(readFileSync(file, 'utf8'), 'EPERM\n')
  t.is(countOf(reportOf(finished), MKDIR), 1)
})

check('a call that is newer than the library has its name', async t => {
  const { stdout, stderr } = await run('--deny', 'mseal', '--', guest('calls-number'), '462')
  t.is(stdout, '462 EPERM\n')
  t.regex(stderr, /Used forbidden syscalls: mseal \(1x\)/)
})

check('inside of another run nothing is executed', async t => {
  const mark = join(folderOf(t), 'mark')
  const { code, stderr } = await run('--deny', 'swapoff', '--', ...RUN, '--deny', 'chroot', '--', 'touch', mark)
  t.is(code, 120)
  t.regex(stderr, /could not run "touch": another seccomp listener is active/)
  t.false(existsSync(mark))
})

/** Under a filter that is not ours. */
function under(number: number, errno: number, ...words: string[]) {
  return start(guest('under-filter'), [String(number), String(errno), ...words]).finished
}

check('under somebody else’s listener nothing is executed', async t => {
  const mark = join(folderOf(t), 'mark')
  const { code, stderr } = await under(600, 0, ...RUN, '--deny', 'chroot', '--', 'touch', mark)
  t.is(code, 120)
  t.regex(stderr, /another seccomp listener is active/)
  t.false(existsSync(mark))
})

check('where seccomp itself is forbidden nothing is executed', async t => {
  const mark = join(folderOf(t), 'mark')
  const { code, stderr } = await under(NUMBERS.seccomp, EXDEV, ...RUN, '--deny', 'chroot', '--', 'touch', mark)
  t.is(code, 125)
  t.regex(stderr, /^seccomp-notifyd: could not run "touch": cannot .*: Invalid cross-device link/)
  t.false(existsSync(mark))
})

check('a foreign filter that is stricter keeps its errno, and its calls are not ours to count', async t => {
  const command = ['sh', '-c', '"$0" "$1"; mkdir /nowhere/x', guest('calls-number'), String(NUMBERS.chroot)]
  const flags = ['--json', '--deny', 'chroot,mkdir,mkdirat']
  const finished = await under(NUMBERS.chroot, EXDEV, ...RUN, ...flags, '--', ...command)
  t.is(finished.stdout, `${NUMBERS.chroot} EXDEV\n`)
  t.is(countOf(reportOf(finished), 'chroot'), 0)
  t.is(
    reportOf(finished).calls.reduce((sum, { count }) => sum + count, 0),
    1,
  )
})

/** Nobody, without a capability. */
const AS_NOBODY = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--bounding-set=-all',
  '--inh-caps=-all',
]
const nobody = process.getuid?.() === 0 ? AS_NOBODY : ['env']

function runAsNobody(t: ExecutionContext, ...args: string[]) {
  const { folder, run: words } = installForAll(t, nobody)
  const [command = '', ...first] = [...nobody, ...words]
  return start(command, [...first, ...args], { cwd: folder }).finished
}

check('without root and without capabilities calls are answered and counted', async t => {
  const script = 'grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; chroot / true; exit 3'
  const { code, stdout, stderr } = await runAsNobody(t, '--deny', 'chroot', '--', 'sh', '-c', script)
  t.is(stdout, 'CapEff:\t0000000000000000\nNoNewPrivs:\t1\n')
  t.regex(stderr, /Used forbidden syscalls: chroot \(1x\)/)
  t.is(code, 3)
})

check('without root a whole tree is stopped', async t => {
  const script = 'setsid sleep 1000 & chroot / true; sleep 1000'
  const flags = ['--action', 'stop', '--debounce', '200ms', '--deny', 'chroot']
  const { code, stderr } = await runAsNobody(t, ...flags, '--', 'sh', '-c', script)
  t.is(code, 137)
  t.regex(stderr, /Used forbidden syscalls: chroot \(1x\)/)
})

/** A copy of the installed package in which the native part is missing, or no addon at all. */
function packageWithout(folder: string, addon?: string): string {
  cpSync(join(projectRoot, 'dist'), join(folder, 'dist'), { recursive: true })
  cpSync(join(projectRoot, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'))
  mkdirSync(join(folder, 'native'))
  for (const libc of ['gnu', 'musl'])
    if (addon !== undefined) writeFileSync(join(folder, `native/notifyd.linux-${process.arch}-${libc}.node`), addon)
  return join(folder, 'dist/cli/main.js')
}

for (const [title, addon, message] of [
  ['missing', undefined, /the package @seccomp-notifyd\/addon-.* is not installed/],
  ['broken', 'not an addon', /does not load on this system/],
] as const) {
  check(`with the native part ${title} nothing is executed`, async t => {
    const folder = folderOf(t)
    const cli = packageWithout(folder, addon)
    const mark = join(folder, 'mark')
    const { code, stderr } = await start(process.execPath, [cli, 'run', '--deny', 'chroot', '--', 'touch', mark])
      .finished
    t.is(code, 125)
    t.regex(stderr, message)
    t.notRegex(stderr, /^\s+at /m)
    t.false(existsSync(mark))
  })
}
