/** The library in a program of one's own, with the real addon: what it starts, and that it lets go of it. */

import test from 'ava'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { NotifydError, type ErrorCode } from '../../ts/errors.ts'
import { run, type RunOptions } from '../../ts/run.ts'
import type { Held } from '../fixtures/library/held.ts'
import { start } from '../helpers/child.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { projectRoot } from '../helpers/project.ts'

const PROGRAMS = join(projectRoot, 'build/__test__/fixtures/library')
/** Less than the ring of events of as many supervisors. */
const GROWTH_KIB = 100 * 1024

interface Repeated {
  before: Held
  after: Held
  sockets: string[]
}

interface Closing {
  counted: number
  guest: { calls: number; errnos: Record<string, number> }
  left: boolean[]
  other: string
}

function nodeRuns(...args: string[]) {
  // One arena of malloc, since each new one reserves memory that nobody leaks.
  const env = { ...process.env, MALLOC_ARENA_MAX: '1' }
  return start(process.execPath, args, { cwd: projectRoot, env, deadlineMs: 170_000 }).finished
}

test('importing the package starts nothing, loads nothing native and keeps nobody alive', async t => {
  const code = `
    import { readdirSync, readFileSync } from 'node:fs'
    import { readFile } from 'node:fs/promises'
    const held = () => [readdirSync('/proc/self/fd').length, readdirSync('/proc/self/task').length, process.getActiveResourcesInfo()]
    // What Node itself opens to load modules has been closed by then.
    const pause = () => new Promise(resolve => setTimeout(resolve, 200))
    await readFile('package.json')
    await pause()
    const [before, listeners] = [held(), process.eventNames().length]
    const library = await import('seccomp-notifyd')
    await pause()
    console.log(JSON.stringify({
      before,
      after: held(),
      signals: process.eventNames().length - listeners,
      native: /notifyd[^/]*\\.node/.test(readFileSync('/proc/self/maps', 'utf8')),
      names: Object.keys(library),
    }))`
  const { code: status, stdout, stderr } = await nodeRuns('--input-type=module', '--eval', code)
  t.deepEqual([status, stderr], [0, ''])
  const { before, after, signals, native, names } = JSON.parse(stdout) as Record<string, unknown>
  t.deepEqual(after, before)
  t.is(signals, 0)
  t.false(native)
  for (const name of ['createDaemon', 'run', 'NotifydError']) t.true((names as string[]).includes(name), name)
})

for (const [what, title] of [
  ['daemon', 'a daemon that was closed'],
  ['failing-daemon', 'a daemon that could not start'],
  ['run', 'a command that ended'],
  ['stopped-run', 'a command that was stopped'],
  ['failing-run', 'a command that could not be run'],
] as const) {
  test(`${title} leaves nothing, fifty times`, async t => {
    const { code, stdout, stderr } = await nodeRuns(join(PROGRAMS, 'repeat.js'), what, folderOf(t), '50')
    t.deepEqual([code, stderr], [0, ''])
    const { before, after, sockets } = JSON.parse(stdout) as Repeated
    t.deepEqual({ ...after, memoryKib: 0 }, { ...before, memoryKib: 0 })
    t.true(after.memoryKib - before.memoryKib < GROWTH_KIB, `${before.memoryKib} to ${after.memoryKib} KiB`)
    t.deepEqual(sockets, [])
    t.is(after.children, 0)
    t.false(after.threads.some(name => name.startsWith('notifyd')))
  })
}

test('a daemon is closed while calls wait, as often as asked, and every call has had its answer', async t => {
  const { code, stdout, stderr } = await nodeRuns(join(PROGRAMS, 'closing.js'), folderOf(t), guest('fake-runtime'))
  t.deepEqual([code, stderr], [0, ''])
  const { counted, guest: tally, left, other } = JSON.parse(stdout) as Closing
  t.is(tally.calls, 200_000)
  t.deepEqual(Object.keys(tally.errnos).toSorted(), ['ENOSYS', 'EPERM'])
  t.is(tally.errnos['EPERM'], counted)
  t.deepEqual(left, [false, false, false])
  t.is(other, 'ERR_SOCKET')
})

test('a command gets pipes that block, though Node has made its own non-blocking', async t => {
  const code = `
    import { run } from 'seccomp-notifyd'
    process.stdout.write('')
    process.stdin.pause()
    const { finished } = await run({ command: 'sh', args: ['-c', 'cat; head -c 3000000 /dev/zero'], deny: ['chroot'] })
    process.exit((await finished).exitCode)`
  const script = `(sleep 0.5; echo late) | node --input-type=module --eval "$CODE" | { sleep 1; wc -c; }`
  const env = { ...process.env, CODE: code }
  const running = start('bash', ['-o', 'pipefail', '-c', script], { cwd: projectRoot, env })
  const { code: status, stdout, stderr } = await running.finished
  t.deepEqual([status, stdout.trim(), stderr], [0, '3000005', ''])
})

function profileDenying(name: string): string {
  return JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: [name], action: 'SCMP_ACT_ERRNO' }] })
}

const REFUSED: [
  title: string,
  code: ErrorCode,
  options: { [name in keyof RunOptions]?: RunOptions[name] | undefined },
][] = [
  ['a command that is not there', 'ERR_COMMAND_NOT_FOUND', { command: 'no-such-command-anywhere' }],
  ['a command that cannot be executed', 'ERR_EXEC', { command: '/etc/passwd' }],
  ['a working folder that is not there', 'ERR_WORKING_DIRECTORY', { cwd: '/nowhere' }],
  ['a call that is none', 'ERR_PROFILE', { deny: ['no_such_call'] }],
  ['a profile that is no JSON', 'ERR_PROFILE', { deny: undefined, profile: '{' }],
  [
    'a profile that denies nothing',
    'ERR_NOTHING_DENIED',
    { deny: undefined, profile: '{"defaultAction":"SCMP_ACT_ALLOW"}' },
  ],
  ['a profile of unknown calls', 'ERR_NOTHING_DENIED', { deny: undefined, profile: profileDenying('no_such_call') }],
  ['an empty list', 'ERR_NOTHING_DENIED', { deny: [] }],
  ['an argument with a nul', 'ERR_INVALID_ARGUMENT', { args: ['a\0b'] }],
]

for (const [title, code, options] of REFUSED) {
  test(`${title} is refused with ${code}, and nothing runs`, async t => {
    const mark = join(folderOf(t), 'mark')
    const base = { command: 'touch', args: [mark], deny: ['chroot'] }
    await t.throwsAsync(run({ ...base, ...options } as RunOptions), { instanceOf: NotifydError, code })
    t.false(existsSync(mark))
  })
}

test('an abort that comes before the start runs nothing', async t => {
  const mark = join(folderOf(t), 'mark')
  const options = { command: 'touch', args: [mark], deny: ['chroot'], signal: AbortSignal.abort() }
  await t.throwsAsync(run(options), { any: true, name: 'AbortError' })
  t.false(existsSync(mark))
})

test('events come with what the calls were, from the first on', async t => {
  const running = await run({ command: 'sh', args: ['-c', 'chroot /a true 2>/dev/null; exit 4'], deny: ['chroot'] })
  const told: unknown[] = []
  running.on('event', ({ syscall, abi, verdict, errno }) => void told.push([syscall, abi, verdict, errno]))
  running.on('exited', exit => void told.push(exit.exitCode))
  const { calls, message } = await running.finished
  t.deepEqual(told, [['chroot', process.arch === 'x64' ? 'x86_64' : 'aarch64', 'EPERM', 'EPERM'], 4])
  t.is(calls[0]?.count, 1)
  t.is(message, 'Used forbidden syscalls: chroot (1x)')
})
