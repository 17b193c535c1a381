/** `verify` as its users start it. */

import test, { type ExecutionContext } from 'ava'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Verification } from '../../ts/verify.ts'
import type { Finished } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { guest } from '../helpers/guests.ts'

/** In the order in which the guest counts them up. */
const MADE =
  'sched_yield getpriority umask getpgid getsid getegid getppid getgroups personality sync sched_getscheduler geteuid'.split(
    ' ',
  )

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'sn-verify-'))
  t.teardown(() => rmSync(made, { recursive: true }))
  return made
}

function profile(t: ExecutionContext, names: string[], action = 'SCMP_ACT_ERRNO'): string {
  const file = join(folder(t), 'p.json')
  const architectures = process.arch === 'x64' ? ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'] : []
  writeFileSync(file, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', architectures, syscalls: [{ names, action }] }))
  return file
}

const verify = (...args: string[]): Promise<Finished> => cli(['verify', ...args])
const found = (text: string) => JSON.parse(text.trim().split('\n').at(-1) ?? '') as Verification
const counts = ({ denied }: Verification) => denied.map(({ syscall, count }) => [syscall, count])
const expected = MADE.map((name, index) => [name, index + 1]).toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))

test('one run finds twelve calls of different threads and processes, which all succeed', async t => {
  const file = profile(t, MADE)
  const { code, stdout, stderr } = await verify(
    '--profile',
    file,
    '--format',
    'json',
    '--',
    guest('calls-in-many-places'),
  )
  t.is(code, 3, 'the code of the command')
  t.deepEqual(stdout.trim().split('\n').toSorted(), MADE.map(name => `${name} OK`).toSorted())
  t.deepEqual(counts(found(stderr)), expected)
})

for (const action of ['SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_KILL_THREAD', 'SCMP_ACT_TRAP', 'SCMP_ACT_TRACE']) {
  test(`${action} is let run and found too`, async t => {
    const file = profile(t, MADE, action)
    const { code, stderr } = await verify('--profile', file, '--format', 'json', '--', guest('calls-in-many-places'))
    t.is(code, 3)
    t.deepEqual(counts(found(stderr)), expected)
  })
}

test('with --enforce the calls fail as the profile says', async t => {
  const file = profile(t, MADE)
  const options = ['--profile', file, '--enforce', '--format', 'json']
  const { stdout, stderr } = await verify(...options, '--', guest('calls-in-many-places'))
  t.deepEqual(stdout.trim().split('\n').toSorted(), MADE.map(name => `${name} EPERM`).toSorted())
  t.deepEqual(counts(found(stderr)), expected)
})

test('0: nothing was denied; the call that executes the command is not its own', async t => {
  const { code, stdout, stderr } = await verify('--profile', profile(t, ['execve', 'mkdir']), '--', 'echo', 'ran')
  t.deepEqual([code, stdout], [0, 'ran\n'])
  t.is(stderr, 'seccomp-notifyd: no call was made that the profile denies\n')
})

test('121: the command succeeded and made denied calls', async t => {
  const { code, stderr } = await verify('--profile', profile(t, ['chroot']), '--', 'sh', '-c', 'chroot / true; exit 0')
  t.is(code, 121)
  t.regex(
    stderr,
    /^CALL +ABI +VERDICT +COUNT\nchroot +\w+ +EPERM +1\n(chroot\(.*\n)?seccomp-notifyd: denied: chroot \(1x\)\n$/m,
  )
})

test("the command's own failure is its own code, and what it called is told", async t => {
  const script = (rest: string) => ['--', 'sh', '-c', `chroot / true; ${rest}`]
  const file = profile(t, ['chroot'])
  const failed = await verify('--profile', file, ...script('exit 7'))
  t.is(failed.code, 7)
  t.regex(failed.stderr, /ended with 7[^]*denied: chroot \(1x\)/)
  const killed = await verify('--profile', file, ...script('kill -TERM $$'))
  t.is(killed.code, 143)
  t.regex(killed.stderr, /ended by SIGTERM/)
})

test('125, 126 and 127: nothing was verified', async t => {
  const file = profile(t, ['chroot'])
  t.is((await verify('--', 'true')).code, 125)
  t.is((await verify('--profile', '/nonexistent.json', '--', 'true')).code, 125)
  t.is((await verify('--profile', file, '--format', 'sarif', '--', 'true')).code, 125)
  t.is((await verify('--profile', file, '--write-baseline', '--', 'true')).code, 125)
  t.is((await verify('--profile', file, '--baseline', '/nonexistent.json', '--', 'true')).code, 125)
  t.is((await verify('--profile', file, '--', '/etc/passwd')).code, 126)
  t.is((await verify('--profile', file, '--', 'no-such-command-anywhere')).code, 127)
})

test('a baseline accepts what was denied, and nothing else', async t => {
  const file = profile(t, ['chroot', 'swapoff'])
  const baseline = join(folder(t), 'denied.json')
  const options = ['--profile', file, '--baseline', baseline]
  const script = (text: string) => ['--', 'sh', '-c', `${text}; true`]
  const written = await verify(...options, '--write-baseline', ...script('chroot / true'))
  t.is(written.code, 0)
  t.regex(written.stderr, /denied\.json accepts 1 call\n/)
  t.true(existsSync(baseline))
  t.is((await verify(...options, ...script('chroot / true'))).code, 0)
  const more = await verify(...options, ...script('chroot / true; swapoff /nowhere'))
  t.is(more.code, 121)
  t.regex(more.stderr, /denied: swapoff \(1x\)\n/)
  const less = await verify(...options, ...script('true'))
  t.is(less.code, 0)
  t.regex(less.stderr, /accepts chroot \(\w+\), which was not called/)
})

for (const format of ['text', 'json', 'junit', 'sarif']) {
  test(`${format} is written to a file`, async t => {
    const output = join(folder(t), 'report')
    const options = ['--profile', profile(t, ['chroot']), '--format', format, '--output', output]
    const { code, stderr } = await verify(...options, '--', 'chroot', '/', 'true')
    t.is(code, 121)
    t.regex(stderr, /denied: chroot \(1x\)/)
    t.regex(readFileSync(output, 'utf8'), /chroot/)
    if (format === 'json' || format === 'sarif') t.notThrows(() => JSON.parse(readFileSync(output, 'utf8')))
  })
}

test('runtime-default and formats of engines are taken', async t => {
  const script = ['--', 'sh', '-c', 'chroot / true; true']
  const without = await verify('--profile', 'runtime-default', '--cap', '', ...script)
  t.is(without.code, 121)
  t.regex(without.stderr, /denied: chroot \(1x\)/)
  t.is((await verify('--profile', 'runtime-default', '--cap', 'sys_chroot', ...script)).code, 0)
})
