import test from 'ava'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { profiles } from '../../ts/index.ts'
import { cli } from '../helpers/cli.ts'
import { folderOf } from '../helpers/folder.ts'
import { projectRoot } from '../helpers/project.ts'

const fixture = (name: string) => join(projectRoot, `crates/profile/fixtures/${name}.json`)
const explain = (name: string, ...args: string[]) => cli(['profile', 'explain', fixture(name), ...args])
const read = (name: string) => profiles.parse(readFileSync(fixture(name), 'utf8'))
/** On any machine, as on one with this processor. */
const x86 = { architecture: 'x86_64', kernel: '6.1', capabilities: [] }

test('a call is explained by verdict, condition, rule and line', async t => {
  const { code, stdout, stderr } = await explain('allow-list', 'personality', '--arch', 'x86_64')
  t.deepEqual([code, stderr], [0, ''])
  t.is(
    stdout,
    `personality under a profile of the OCI runtime specification

ABI     NUMBER  VERDICT        WHERE               WHY
x86_64  135     allow          arg0 == 0xffffffff  rule 1 (line 7)
x86_64  135     errno 1 EPERM  otherwise           default action
`,
  )
})

test('arguments are those of the call, also negative ones', async t => {
  const { stdout } = await explain('allow-list', '--arch', 'i386', 'personality', '-1')
  t.regex(stdout, /^personality\(-1\)/)
  t.regex(stdout, /i386 +136 +allow +arg0 == 0xffffffff/)
  t.regex((await explain('allow-list', 'personality', '0x8', '--arch', 'x86_64')).stdout, /EPERM +for these arguments/)
})

test('--cap and --kernel choose the rules, and what is left out is told', async t => {
  const without = await explain('conditions-in-an-allowing-profile', 'chroot', '--arch', 'x86_64', '--cap', '')
  t.regex(without.stdout, /errno 13 EACCES +always +rule 0 \(line 5\)/)
  const held = await explain('conditions-in-an-allowing-profile', 'chroot', '--arch', 'x86_64', '--cap', 'sys_chroot')
  t.regex(held.stdout, /allow +always +default action/)
  t.regex(held.stdout, /rule 0 \(line 5\) says errno 13 EACCES and has no effect: it does not hold with CAP_SYS_CHROOT/)
  const old = await explain('conditions-in-an-allowing-profile', 'acct', '--arch', 'x86_64', '--kernel', '4.4')
  t.regex(old.stdout, /errno 13 EACCES/)
  const young = await explain('conditions-in-an-allowing-profile', 'acct', '--arch', 'x86_64', '--kernel', '4.8')
  t.regex(young.stdout, /allow +always +default action\n.*it holds before Linux 4.8 only, this is 4.8/)
})

test("another machine's ABI is explained for such a machine", async t => {
  const { stdout } = await explain('arch-map-gives-the-hosts-entry', 'read', '--arch', 'arm64')
  t.regex(stdout, /taken for aarch64/)
  t.regex(stdout, /aarch64 +63 +allow/)
})

test('without a call all of them are counted and listed', async t => {
  const { code, stdout } = await explain('allow-list', '--arch', 'x86_64')
  t.is(code, 0)
  t.regex(stdout, /^default action: errno 1 EPERM$/m)
  t.regex(stdout, /^x86_64 +allow +4$/m)
  t.regex(stdout, /^x86_64, allow:\n {2}exit_group mkdir read write$/m)
  t.regex(stdout, /^x86_64, by arguments:\n {2}personality$/m)
})

test('a name that is no call is a wrong command line, and the nearest is told', async t => {
  const { code, stdout, stderr } = await explain('allow-list', 'chrot')
  t.deepEqual([code, stdout], [2, ''])
  t.regex(stderr, /"chrot" is no system call; did you mean chroot/)
})

test('wrong values are a wrong command line', async t => {
  for (const [args, told] of [
    [['chroot', '08'], /argument 0: "08"/],
    [['chroot', '--arch', 'mips'], /"mips".*x86_64, i386/],
    [['chroot', '--cap', 'CHWON'], /"CHWON".*CAP_CHOWN/],
    [['--kernel', 'new'], /"new"/],
  ] as const) {
    const { code, stderr } = await explain('allow-list', ...args)
    t.is(code, 2, stderr)
    t.regex(stderr, told)
  }
})

test('a profile that is wrong is a failure', async t => {
  const { code, stderr } = await cli(['profile', 'explain', join(projectRoot, 'package.json'), 'chroot'])
  t.is(code, 1)
  t.regex(stderr, /defaultAction/)
})

test('JSON says the same, and warnings stay out of the text', async t => {
  const { stdout, stderr } = await explain('unknown-names', 'mkdir', '--arch', 'x86_64', '--json')
  t.is(stderr, '')
  const found = JSON.parse(stdout) as Awaited<ReturnType<typeof profiles.explainCall>>
  t.like(found, { syscall: 'mkdir', format: 'oci' })
  t.like(found.ways[0]?.cases[0], { verdict: 'errno 1 EPERM', value: 0x50001, rule: { index: 0, line: 3 } })
  t.regex(found.warnings.join(), /"chrot".*chroot/)
  t.regex((await explain('unknown-names', 'mkdir')).stderr, /"chrot"/)
})

test('what libseccomp makes of rules is told where they say otherwise', async t => {
  const eq = (index: number, value: number) => ({ index, value, op: 'SCMP_CMP_EQ' })
  const rules = [[eq(0, 2)], [{ index: 0, value: 3, op: 'SCMP_CMP_NE' }, eq(1, 1)]]
  const syscalls = rules.map(args => ({ names: ['dup2'], action: 'SCMP_ACT_ALLOW', args }))
  const document = profiles.parse(JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }))
  const { ways } = await profiles.explainCall(document, 'dup2', { facts: x86, abi: 'x86_64', args: [2n, 0] })
  t.like(ways[0]?.cases, [{ verdict: 'errno 1 EPERM', written: 'allow', rule: { index: 0 }, example: ['0x2', '0x0'] }])
})

test('a document tells its format and keeps its text', t => {
  const text = readFileSync(fixture('errno-names-win-over-numbers'), 'utf8')
  t.deepEqual({ ...profiles.parse(text) }, { format: 'containers-common', text })
  t.is(read('allow-list').format, 'oci')
  t.is(read('includes-need-every-capability').format, 'docker')
  const error = t.throws(() => profiles.parse('{'), { name: 'NotifydError', code: 'ERR_PROFILE' })
  t.regex(error.message, /JSON/)
})

test('a document is resolved to what is written beside it', t => {
  const name = 'includes-need-every-capability'
  const facts = { ...x86, capabilities: ['chown', 'SYS_CHROOT'] }
  const { document, leftOut, facts: used } = profiles.resolve(read(name), facts)
  t.deepEqual(JSON.parse(document.text), JSON.parse(readFileSync(fixture(`${name}.resolved`), 'utf8')))
  t.is(document.format, 'oci')
  t.deepEqual(used, { architecture: 'x86_64', kernel: '6.1', capabilities: ['CAP_CHOWN', 'CAP_SYS_CHROOT'] })
  t.deepEqual(
    leftOut.map(({ rule, why }) => [rule.index, rule.line, why]),
    [
      [1, 5, 'it needs CAP_SYS_ADMIN'],
      [2, 6, 'it needs CAP_SYS_ADMIN'],
    ],
  )
})

test('values beyond those of JavaScript numbers survive', t => {
  const { document } = profiles.resolve(read('what-needs-no-resolving-is-copied'), x86)
  t.regex(document.text, /"value":9007199254740993,/)
})

test('what is wrong with a question is an error of ours', async t => {
  await t.throwsAsync(profiles.explainCall(read('allow-list'), 'chrot'), {
    name: 'NotifydError',
    code: 'ERR_INVALID_ARGUMENT',
  })
  const nothing = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['chroot'], action: 'SCMP_ACT_KILL' }] }
  const document = profiles.parse(JSON.stringify(nothing))
  await t.throwsAsync(profiles.explain(document, { facts: x86 }), { name: 'NotifydError', code: 'ERR_PROFILE' })
})

test('all calls are explained for the facts that are given', async t => {
  const found = await profiles.explain(read('conditions-in-an-allowing-profile'), { facts: x86 })
  t.like(found, { format: 'docker', defaultVerdict: 'allow' })
  const denied = found.abis[0]?.verdicts.find(({ verdict }) => verdict === 'errno 13 EACCES')
  t.deepEqual(denied?.syscalls, ['chroot'])
  t.deepEqual(
    found.leftOut.map(({ rule }) => rule.index),
    [1, 2],
  )
})

test('what runc answers by itself is told, and with --runtime runc it is the verdict', async t => {
  const file = join(folderOf(t), 'old.json')
  // openat2 has number 437 and process_madvise 440.
  const syscalls = [{ names: ['read', 'openat2'], action: 'SCMP_ACT_ALLOW' }]
  const architectures = ['SCMP_ARCH_X86_64']
  writeFileSync(file, JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', architectures, syscalls }))
  const row = async (...args: string[]) =>
    (await cli(['profile', 'explain', file, 'process_madvise', '--arch', 'x86_64', ...args])).stdout
      .split('\n')
      .slice(3)
  const note =
    'x86_64: under runc the call fails with ENOSYS: its number is above 437, the largest that the profile names'
  const verdict = (text: string, why: string) => new RegExp(`^x86_64 +440 +${text} +always +${why}$`)
  const [plain, told] = await row()
  t.regex(plain ?? '', verdict('errno 1 EPERM', 'default action'))
  t.is(told, note)
  const [crun, nothing] = await row('--runtime', 'crun')
  t.regex(crun ?? '', verdict('errno 1 EPERM', 'default action'))
  t.is(nothing, '')
  const [runc, again] = await row('--runtime', 'runc')
  t.regex(runc ?? '', verdict('errno 38 ENOSYS', 'runc, before it asks the profile'))
  t.is(again, note)
})
