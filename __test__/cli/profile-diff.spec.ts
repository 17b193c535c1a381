import test from 'ava'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { profiles } from '../../ts/index.ts'
import { cli } from '../helpers/cli.ts'
import { folderOf } from '../helpers/folder.ts'
import { projectRoot } from '../helpers/project.ts'

const fixtures = join(projectRoot, 'crates/profile/fixtures')
/** Names as they are typed are the headings of the table. */
const diff = (before: string, after: string, ...args: string[]) =>
  cli(['profile', 'diff', `${before}.json`, `${after}.json`, '--arch', 'x86_64', ...args], { cwd: fixtures })
const read = (name: string) => profiles.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8'))

test('each changed call is a line, with both verdicts and the arguments', async t => {
  const { code, stdout, stderr } = await diff('diff-before', 'diff-after')
  t.is(code, 1)
  t.is(
    stdout,
    `CALL         diff-before.json  diff-after.json  ABI          WHERE
clone        errno 1 EPERM     allow            x86_64 i386  arg0 & 0x7e020000 != 0
clone3       errno 38 ENOSYS   errno 1 EPERM    x86_64 i386  always
mkdir        allow             errno 1 EPERM    x86_64 i386  always
personality  allow             errno 1 EPERM    x86_64 i386  arg0 == 0
rmdir        errno 1 EPERM     allow            x86_64 i386  always
`,
  )
  t.is(
    stderr,
    'seccomp-notifyd: flags, which changes no verdict: none in diff-before.json, "SECCOMP_FILTER_FLAG_LOG" in diff-after.json\n',
  )
})

test('where all calls agree nothing is printed, and the code is 0', async t => {
  t.like(await diff('diff-before', 'diff-before'), { code: 0, stdout: '', stderr: '' })
})

test('--cap chooses the rules of both', async t => {
  const [before, after] = ['includes-need-every-capability', 'includes-need-every-capability.resolved']
  const without = await diff(before, after, '--cap', '')
  const held = await diff(before, after, '--cap', 'sys_admin,sys_chroot,chown')
  t.notDeepEqual(without.stdout, held.stdout)
  t.regex(held.stdout, /^umount2 +allow +errno 1 EPERM +x86_64 +always$/m)
  t.notRegex(without.stdout, /umount2/)
})

test('an ABI that only one of them lists is one line', async t => {
  const { code, stdout } = await diff('native-only', 'three-abis')
  t.is(code, 1)
  t.regex(
    stdout,
    /^i386: only three-abis\.json lists it; under native-only\.json each of its calls meets kill thread$/m,
  )
})

test('--json has each ABI and example arguments', async t => {
  const { code, stdout } = await diff('diff-before', 'diff-after', '--json')
  t.is(code, 1)
  const found = JSON.parse(stdout) as Awaited<ReturnType<typeof profiles.diff>>
  t.is(found.equal, false)
  t.deepEqual(
    found.abis.map(({ abi, changes }) => [abi, changes.length]),
    [
      ['x86_64', 5],
      ['i386', 5],
    ],
  )
  t.like(found.abis[0]?.changes[0], { syscall: 'clone', number: 56, extent: 'where' })
  t.deepEqual(found.abis[0]?.changes[0]?.conditions, [['arg0 & 0x7e020000 != 0']])
})

test('trouble of any kind ends with 2 and one line', async t => {
  const cases: Array<[args: string[], message: RegExp]> = [
    [['diff-before.json'], /missing required argument 'after'/],
    [['diff-before.json', 'nowhere.json'], /could not read the profile nowhere\.json/],
    [['-', '-'], /only one of the profiles can be stdin/],
    [['diff-before.json', 'allows-nothing.json'], /in allows-nothing\.json: .*allows nothing/],
    [['diff-before.json', 'diff-after.json', '--cap', 'sys_chrot'], /did you mean CAP_SYS_CHROOT/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await cli(['profile', 'diff', ...args], { cwd: fixtures })
    t.deepEqual([code, stdout], [2, ''], stderr)
    t.regex(stderr, /^seccomp-notifyd: [^\n]+\n$/)
    t.regex(stderr, message)
  }
})

test('the library compares documents of any format', async t => {
  const facts = { architecture: 'x86_64', kernel: '6.1', capabilities: [] }
  const document = read('includes-need-every-capability')
  const resolved = profiles.resolve(document, facts).document
  t.true((await profiles.diff(document, resolved, { facts })).equal)
  t.false((await profiles.diff(document, resolved, { facts: { ...facts, capabilities: ['sys_admin'] } })).equal)
})

test('with --runtime runc what it answers by itself counts', async t => {
  const folder = folderOf(t)
  const [before, after] = (['openat2', 'pidfd_getfd'] as const).map(name => {
    const file = join(folder, `${name}.json`)
    const syscalls = [
      { names: ['read'], action: 'SCMP_ACT_ALLOW' },
      { names: [name], action: 'SCMP_ACT_ERRNO' },
    ]
    const architectures = ['SCMP_ARCH_X86_64']
    writeFileSync(file, JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', architectures, syscalls }))
    return file
  }) as [string, string]
  const compare = (...args: string[]) => cli(['profile', 'diff', before, after, '--arch', 'x86_64', ...args])
  t.like(await compare(), { code: 0, stdout: '' })
  t.like(await compare('--runtime', 'crun'), { code: 0, stdout: '' })
  const { code, stdout } = await compare('--runtime', 'runc')
  t.is(code, 1)
  t.regex(stdout, /^CALL.*\npidfd_getfd +errno 38 ENOSYS +errno 1 EPERM +x86_64 +always\n$/)
})
