import test from 'ava'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { profiles } from '../../ts/index.ts'
import { cli } from '../helpers/cli.ts'
import { projectRoot } from '../helpers/project.ts'

const fixtures = join(projectRoot, 'crates/profile/fixtures')
const convert = (file: string, ...args: string[]) =>
  cli(['profile', 'convert', file, ...args, '--arch', 'x86_64', '--kernel', '6.1', '--cap', ''], { cwd: fixtures })
const facts = { architecture: 'x86_64', kernel: '6.1', capabilities: [] }

test("an operator's YAML becomes JSON for a runtime, integers exact", async t => {
  const { code, stdout, stderr } = await convert('spo-v1beta1.yaml', '--to', 'oci')
  t.is(code, 0)
  t.is(stderr, "seccomp-notifyd: lost: metadata of the operator's object\n")
  t.is(
    stdout,
    `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": [
    "SCMP_ARCH_X86_64"
  ],
  "syscalls": [
    {
      "action": "SCMP_ACT_ALLOW",
      "names": [
        "read",
        "write",
        "exit_group"
      ]
    },
    {
      "action": "SCMP_ACT_ALLOW",
      "names": [
        "personality"
      ],
      "args": [
        {
          "index": 0,
          "value": 9223372036854775807,
          "op": "SCMP_CMP_EQ"
        }
      ]
    },
    {
      "action": "SCMP_ACT_ERRNO",
      "names": [
        "clone3"
      ],
      "errnoRet": 38
    }
  ]
}
`,
  )
})

test('the other version of an object is YAML with the same metadata', async t => {
  const { code, stdout, stderr } = await convert('spo-v1beta1.yaml', '--to', 'spo-v1')
  t.deepEqual([code, stderr], [0, ''])
  t.true(stdout.startsWith('apiVersion: security-profiles-operator.x-k8s.io/v1\nkind: SeccompProfile\n'))
  t.true(stdout.includes('spo.x-k8s.io/profile-id: SeccompProfile-recorded'))
  t.true(stdout.includes('value: 9223372036854775807\n'))
  t.true(stdout.includes('errnoRet: 38\n'))
})

test('a profile of a runtime becomes an object with the name of its file, and is the same when it comes back', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-convert-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const output = join(folder, 'My profile_2.yaml')
  t.like(await convert('diff-before.json', '--to', 'spo-v1', '-o', output), { code: 0, stdout: '', stderr: '' })
  t.deepEqual(readdirSync(folder), ['My profile_2.yaml'])
  t.regex(readFileSync(output, 'utf8'), /^ {2}name: diff-before$/m)
  const back = await convert(output, '--to', 'oci')
  t.deepEqual(JSON.parse(back.stdout), JSON.parse(readFileSync(join(fixtures, 'diff-before.json'), 'utf8')))

  writeFileSync(join(folder, 'My profile_2.json'), readFileSync(join(fixtures, 'diff-before.json')))
  t.regex((await convert(join(folder, 'My profile_2.json'), '--to', 'spo-v1')).stdout, /^ {2}name: my-profile-2$/m)
  t.regex((await convert('diff-before.json', '--to', 'spo-v1', '--name', 'web')).stdout, /^ {2}name: web$/m)
})

test('what is lost is told, line by line', async t => {
  const { code, stderr } = await convert('merge-first.json', '--to', 'oci')
  t.is(code, 0)
  t.deepEqual(stderr.trimEnd().split('\n'), [
    'seccomp-notifyd: lost: rule 1 (mount) is left out: it needs CAP_SYS_ADMIN',
    'seccomp-notifyd: lost: conditions on capabilities, architecture and kernel are taken for the given host and container, and the result is right for such alone',
  ])
})

test('what a format cannot hold is refused in one line, and nothing is written', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-convert-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const two = join(folder, 'two.yaml')
  writeFileSync(two, 'a: 1\n---\nb: 2\n')
  const odd = join(folder, 'odd.yaml')
  writeFileSync(odd, 'spec: [\n')
  const cases: Array<[args: string[], code: number, message: RegExp]> = [
    [['merge-second.json', '--to', 'spo-v1'], 1, /spo-v1 cannot hold the value 18446744073709551615 of rule 1/],
    [['merge-first.json', '--to', 'docker', '--from', 'oci'], 2, /reading the profile as oci: it is docker/],
    [[two, '--to', 'oci'], 1, /it has 2 documents, one is accepted/],
    [[odd, '--to', 'oci'], 1, /reading the profile as YAML: /],
    [['merge-first.json', '--to', 'podman'], 2, /'podman'.*containers-common/],
    [['merge-first.json'], 2, /required option '--to <format>' not specified/],
  ]
  for (const [args, expected, message] of cases) {
    const { code, stdout, stderr } = await convert(args[0] ?? '', ...args.slice(1))
    t.deepEqual([code, stdout], [expected, ''], stderr)
    t.regex(stderr, /^seccomp-notifyd: /)
    t.regex(stderr, message)
  }
})

test('the library converts, and tells what it read', async t => {
  const text = readFileSync(join(fixtures, 'spo-v1beta1.yaml'), 'utf8')
  const { text: blob, from } = await profiles.convert(text, { to: 'crio-artifact', facts })
  t.is(from, 'spo-v1beta1')
  t.is(profiles.parse(blob).format, 'oci')
  const large = readFileSync(join(fixtures, 'merge-second.json'), 'utf8')
  const { text: kept } = await profiles.convert(large, { to: 'docker', from: 'oci', facts })
  t.true(kept.includes('18446744073709551615'))
  await t.throwsAsync(profiles.convert(large, { to: 'spo-v1', facts }), { code: 'ERR_PROFILE' })
})
