import test from 'ava'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { profiles } from '../../ts/index.ts'
import { cli } from '../helpers/cli.ts'
import { projectRoot } from '../helpers/project.ts'

const fixtures = join(projectRoot, 'crates/profile/fixtures')
const merge = (...args: string[]) => cli(['profile', 'merge', ...args, '--arch', 'x86_64'], { cwd: fixtures })

interface Written {
  'x-owner': string
  archMap: unknown[]
  syscalls: Array<{ names: string[]; action: string; 'x-why'?: string }>
}

test('the union is printed in the format of the first, numbers exact', async t => {
  const { code, stdout, stderr } = await merge('merge-first.json', 'merge-second.json')
  t.deepEqual([code, stderr], [0, ''])
  const merged = JSON.parse(stdout) as Written
  t.is(merged['x-owner'], 'first')
  t.is(merged.archMap.length, 1)
  t.is(merged.syscalls[0]?.['x-why'], 'basics')
  t.deepEqual(
    merged.syscalls.map(({ names, action }) => [...names, action.replace('SCMP_ACT_', '')].join(' ')),
    [
      'read write exit_group ALLOW',
      'mount ALLOW',
      'mkdir clone3 ALLOW',
      'personality ALLOW',
      'acct ERRNO',
      'personality ALLOW',
    ],
  )
  t.true(stdout.includes('"value": 18446744073709551615'))
})

test('--output writes it whole, and it differs from the first only in what it allows more', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-merge-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const output = join(folder, 'merged.json')
  t.like(await merge('merge-first.json', 'merge-second.json', '--output', output), { code: 0, stdout: '', stderr: '' })
  t.deepEqual(readdirSync(folder), ['merged.json'])
  const difference = await cli(
    ['profile', 'diff', 'merge-first.json', output, '--arch', 'x86_64', '--cap', '', '--json'],
    {
      cwd: fixtures,
    },
  )
  const { abis } = JSON.parse(difference.stdout) as Awaited<ReturnType<typeof profiles.diff>>
  for (const { changes } of abis) {
    t.deepEqual(
      changes.map(({ syscall, after }) => `${syscall} ${after}`),
      ['clone3 allow', 'mkdir allow', 'personality allow'],
    )
  }
})

test('what has no union is refused in one line, and nothing is written', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-merge-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const killing = join(folder, 'killing.json')
  writeFileSync(
    killing,
    readFileSync(join(fixtures, 'merge-second.json'), 'utf8').replace('ACT_ERRNO', 'ACT_KILL_PROCESS'),
  )
  const cases: Array<[args: string[], code: number, message: RegExp]> = [
    [['merge-second.json', killing], 1, /the default is errno 1 EPERM before profile 2 and kill process in it/],
    [['merge-second.json', 'native-only.json'], 1, /calls of i386: profile 1 lists the architecture/],
    [['merge-second.json', 'allows-nothing.json'], 1, /in allows-nothing\.json: /],
    [['merge-second.json'], 2, /missing required argument 'others'/],
    [['-', '-'], 2, /only one of the profiles can be stdin/],
    [['merge-first.json', 'merge-second.json', '--cap', 'sys_chrot'], 2, /did you mean CAP_SYS_CHROOT/],
  ]
  for (const [args, expected, message] of cases) {
    const { code, stdout, stderr } = await merge(...args)
    t.deepEqual([code, stdout], [expected, ''], stderr)
    t.regex(stderr, /^seccomp-notifyd: [^\n]+\n$/)
    t.regex(stderr, message)
  }
})

test('the library merges documents and refuses with a code', async t => {
  const read = (name: string) => profiles.parse(readFileSync(join(fixtures, name), 'utf8'))
  const facts = { architecture: 'x86_64', kernel: '6.1', capabilities: [] }
  const { document, notes } = await profiles.merge([read('merge-first.json'), read('merge-second.json')], { facts })
  t.is(document.format, 'docker')
  t.deepEqual(notes, [])
  await t.throwsAsync(profiles.merge([], { facts }), { code: 'ERR_PROFILE', message: /no profile is given/ })
})
