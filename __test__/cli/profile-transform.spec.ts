import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { profiles } from '../../ts/index.ts'
import { cli } from '../helpers/cli.ts'
import { projectRoot } from '../helpers/project.ts'

const fixture = (name: string) => join(projectRoot, `crates/profile/fixtures/${name}.json`)
const ALLOW_LIST = fixture('allow-list')
const transform = (...args: string[]) => cli(['profile', 'transform', ALLOW_LIST, ...args])

interface Written {
  listenerPath: string
  listenerMetadata: string
  defaultAction: string
  syscalls: Array<{ names: string[]; action: string }>
}

test('the profile goes to stdout, and names the usual socket', async t => {
  const { code, stdout, stderr } = await transform('--runtime', 'crun')
  t.deepEqual([code, stderr], [0, ''])
  const profile = JSON.parse(stdout) as Written
  t.regex(profile.listenerPath, /seccomp-notifyd\/listener\.sock$/)
  t.is(profile.defaultAction, 'SCMP_ACT_ERRNO')
  const chroot = profile.syscalls.filter(({ names }) => names.includes('chroot'))
  t.deepEqual(
    chroot.map(({ action }) => action),
    ['SCMP_ACT_NOTIFY'],
  )
  const metadata = JSON.parse(profile.listenerMetadata) as { v: number; program: string }
  t.is(metadata.v, 1)
  t.is(Buffer.from(metadata.program, 'base64').length % 8, 0)
})

test('--report tells what is seen, and --output still writes the profile, whole', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-transform-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'watched.json')
  const { code, stdout } = await transform('--runtime', 'runc', '--arch', 'x86_64', '--report', '--output', file)
  t.is(code, 0)
  t.regex(stdout, /^ABI +DENIED CALLS +SEEN\nx86_64 +(\d+) +\1\n/)
  t.regex(stdout, /never observable:\n {2}numbers without a name/)
  t.deepEqual(readdirSync(folder), ['watched.json'])
  t.regex(readFileSync(file, 'utf8'), /SCMP_ACT_NOTIFY/)

  const json = await transform('--runtime', 'runc', '--arch', 'x86_64', '--report', '--json')
  const [x86] = (JSON.parse(json.stdout) as { abis: Array<{ abi: string; denied: number; seen: number }> }).abis
  t.is(x86?.abi, 'x86_64')
  t.is(x86?.denied, x86?.seen)
})

test('what is not as it should be is said in one line, and nothing is written', async t => {
  const cases: Array<[args: string[], code: number, message: RegExp]> = [
    [[], 2, /required option '--runtime <name>' not specified/],
    [['--runtime', 'youki'], 2, /'youki'.*runc, crun/],
    [['--runtime', 'runc', '--listener', 'here.sock'], 2, /"here\.sock" is not an absolute path of at most 107 bytes/],
    [['--runtime', 'runc', '--listener', `/${'x'.repeat(107)}`], 2, /at most 107 bytes/],
    [['--runtime', 'runc', '--wait-killable'], 2, /runc refuses a profile that has it/],
    [['--runtime', 'runc', '--cap', 'sys_chrot'], 2, /did you mean CAP_SYS_CHROOT/],
    [['--runtime', 'runc', '--json'], 2, /--json is for the report/],
    [['--runtime', 'runc', '--output', '/nowhere/x.json'], 2, /could not write \/nowhere\/x\.json/],
  ]
  for (const [args, code, message] of cases) {
    const result = await transform(...args)
    t.is(result.code, code, result.stderr)
    t.is(result.stdout, '')
    t.regex(result.stderr, /^seccomp-notifyd: [^\n]+\n$/)
    t.regex(result.stderr, message)
  }
})

test('the library rewrites too, and what it refuses has a code', async t => {
  const document = profiles.parse(readFileSync(ALLOW_LIST, 'utf8'))
  const target = { runtime: 'crun', listenerPath: '/run/x.sock' }
  const { document: watched, report, program } = await profiles.transform(document, target)
  t.is(watched.format, 'oci')
  t.true(report.abis.every(({ denied, seen }) => denied === seen))
  t.true(Buffer.isBuffer(program))
  const again = await profiles.transform(watched, target)
  t.is(again.document.text, watched.text)
  await t.throwsAsync(profiles.transform(watched, { ...target, listenerPath: '/run/other.sock' }), {
    code: 'ERR_PROFILE',
    message: /it notifies a supervisor already \(listenerPath "\/run\/x\.sock"\)/,
  })
})
