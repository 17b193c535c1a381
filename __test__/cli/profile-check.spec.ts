import test from 'ava'
import { join } from 'node:path'
import { profiles } from '../../ts/index.ts'
import { start } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { CLI } from '../helpers/daemon-process.ts'
import { projectRoot } from '../helpers/project.ts'

const fixture = (name: string) => join(projectRoot, `crates/profile/fixtures/${name}.json`)
const check = (name: string, ...args: string[]) => cli(['profile', 'check', fixture(name), ...args])
/** Of a profile on stdin. */
function checkText(profile: object | string, ...args: string[]) {
  const running = start(process.execPath, [CLI, 'profile', 'check', '-', ...args], { input: 'pipe' })
  running.process.stdin?.end(typeof profile === 'string' ? profile : JSON.stringify(profile, undefined, 1))
  return running.finished
}

const allowing = (...syscalls: object[]) => ({ defaultAction: 'SCMP_ACT_ALLOW', syscalls })
const chroot = { names: ['chroot'], action: 'SCMP_ACT_ERRNO' }
const chmod = { names: ['chmod'], action: 'SCMP_ACT_ERRNO', args: [{ index: 1, value: 1, op: 'SCMP_CMP_EQ' }] }

test('findings are printed as compilers print them, counted on stderr, and an error fails', async t => {
  const { code, stdout, stderr } = await check('unknown-names', '--arch', 'x86_64', '--runtime', 'crun')
  const file = fixture('unknown-names')
  const [first = ''] = stdout.split('\n')
  t.is(
    first,
    `${file}:3: error: "chrot" is no system call, and runtimes pass over it; did you mean chroot [unknown-call]`,
  )
  t.regex(stdout, /:3: error: "no_such_call_at_all" .* \[unknown-call\]\n/)
  t.regex(stderr, /: 2 errors and 1 warning\n$/)
  t.is(code, 1)
})

test('a profile as it should be prints nothing and succeeds', async t => {
  const { code, stdout, stderr } = await checkText(allowing(chroot))
  t.deepEqual([code, stdout, stderr], [0, '', 'seccomp-notifyd: the profile: no findings\n'])
})

test('a warning fails with --strict only', async t => {
  const profile = allowing(chroot, { ...chroot, action: 'SCMP_ACT_TRAP' })
  const lenient = await checkText(profile)
  t.regex(lenient.stdout, /^<stdin>:\d+: warning: .* \[no-effect\]$/m)
  t.is(lenient.code, 0)
  t.is((await checkText(profile, '--strict')).code, 1)
  t.is((await checkText(allowing(chroot), '--strict')).code, 0)
})

test('a text that is no profile is a finding, in JSON too', async t => {
  const { code, stdout } = await checkText('{\n"defaultAction": ?', '--json')
  t.is(code, 1)
  const [finding, ...others] = JSON.parse(stdout) as profiles.ProfileFinding[]
  t.deepEqual(others, [])
  t.like(finding, { severity: 'error', code: 'invalid', line: 2 })
})

test('--runtime asks about one only', async t => {
  const profile = allowing({ names: ['write'], action: 'SCMP_ACT_NOTIFY' })
  t.regex((await checkText(profile)).stdout, /\[notify-write\]/)
  t.notRegex((await checkText(profile, '--runtime', 'crun')).stdout, /\[notify-write\]/)
})

test('--cap, --kernel and --arch choose the rules', async t => {
  const loud = (text: string) => /\[misplaced-errno\]/.test(text)
  const rule = (conditions: object) =>
    allowing(chroot, { names: ['acct'], action: 'SCMP_ACT_TRAP', errnoRet: 1, ...conditions })
  const capability = rule({ includes: { caps: ['CAP_SYS_PACCT'] } })
  t.false(loud((await checkText(capability, '--cap', '')).stdout))
  t.true(loud((await checkText(capability, '--cap', 'sys_pacct')).stdout))
  const kernel = rule({ includes: { minKernel: '5.0' } })
  t.false(loud((await checkText(kernel, '--kernel', '4.19')).stdout))
  t.true(loud((await checkText(kernel, '--kernel', '5.0')).stdout))
  const machine = rule({ includes: { arches: ['arm64'] } })
  t.false(loud((await checkText(machine, '--arch', 'x86_64')).stdout))
  t.true(loud((await checkText(machine, '--arch', 'aarch64')).stdout))
})

test('wrong values are a wrong command line', async t => {
  for (const [args, told] of [
    [['--arch', 'mips'], /"mips"/],
    [['--cap', 'CHWON'], /"CHWON".*CAP_CHOWN/],
    [['--kernel', 'new'], /"new"/],
    [['--runtime', 'rnuc'], /accepted: both, runc, crun; did you mean runc/],
  ] as const) {
    const { code, stderr } = await checkText(allowing(chroot), ...args)
    t.is(code, 2, stderr)
    t.regex(stderr, told)
  }
})

test('programs get the findings of a document', async t => {
  const document = profiles.parse(JSON.stringify(allowing(chmod, { ...chmod, action: 'SCMP_ACT_LOG' })))
  const facts = { architecture: 'x86_64', capabilities: [], kernel: '6.1' }
  const findings = await profiles.check(document, { facts, runtimes: ['crun'] })
  t.like(findings, [{ severity: 'error', code: 'conflicting-rules', rule: 1, line: 1 }])
  t.deepEqual(await profiles.check(profiles.parse(JSON.stringify(allowing(chroot))), { facts }), [])
  await t.throwsAsync(profiles.check(document, { facts: { architecture: 'vax' } }), { code: 'ERR_INVALID_ARGUMENT' })
})
