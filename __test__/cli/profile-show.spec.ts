import test from 'ava'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { profiles } from '../../ts/index.ts'
import { cli } from '../helpers/cli.ts'
import { projectRoot } from '../helpers/project.ts'

interface Oci {
  syscalls: { names: string[]; includes?: object }[]
}

const fixture = (name: string) => join(projectRoot, `crates/profile/fixtures/${name}.json`)
const show = (file: string, ...args: string[]) => cli(['profile', 'show', file, ...args])
const named = ({ syscalls }: Oci) => new Set(syscalls.flatMap(({ names }) => names))

test('the profile of our own is a text that profile show prints and programs get', async t => {
  const { code, stdout, stderr } = await show('runtime-default')
  t.deepEqual([code, stderr], [0, ''])
  const document = profiles.runtimeDefault()
  t.is(document.format, 'docker')
  t.is(stdout, document.text)
  t.true(named(JSON.parse(stdout) as Oci).has('read'))
})

test('a file is printed as it is', async t => {
  const { stdout } = await show(fixture('what-needs-no-resolving-is-copied'))
  t.is(stdout, readFileSync(fixture('what-needs-no-resolving-is-copied'), 'utf8'))
})

test('resolved, it has the rules that hold and no conditions on the container', async t => {
  const facts = ['--resolve', '--arch', 'x86_64', '--kernel', '6.1']
  const without = JSON.parse((await show('runtime-default', ...facts, '--cap', '')).stdout) as Oci
  t.false(named(without).has('mount'))
  t.true(without.syscalls.every(({ includes }) => includes === undefined))
  const admin = JSON.parse((await show('runtime-default', ...facts, '--cap', 'sys_admin')).stdout) as Oci
  t.true(named(admin).has('mount'))
})

test('facts are for --resolve', async t => {
  const { code, stderr } = await show('runtime-default', '--cap', 'chown')
  t.is(code, 2)
  t.regex(stderr, /--arch, --cap and --kernel choose rules for --resolve; add it/)
  t.is((await show('runtime-default', '--resolve', '--cap', 'CHWON')).code, 2)
})

test('a file named as our own profile is one with ./ before it', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'notifyd-show-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const text = '{"defaultAction":"SCMP_ACT_ALLOW"}\n'
  writeFileSync(join(folder, 'runtime-default'), text)
  const inFolder = (file: string) => cli(['profile', 'show', file], { cwd: folder })
  t.is((await inFolder('./runtime-default')).stdout, text)
  t.is((await inFolder('runtime-default')).stdout, profiles.runtimeDefault().text)
})

test('every command takes it', async t => {
  const explained = await cli(['profile', 'explain', 'runtime-default', 'keyctl', '--arch', 'x86_64'])
  t.regex(explained.stdout, /keyctl[^]*errno 1 EPERM +always +default action/)
  const checked = await cli(['profile', 'check', 'runtime-default', '--arch', 'aarch64'])
  t.is(checked.code, 0, checked.stdout)
  const rewritten = await cli(['profile', 'transform', 'runtime-default', '--runtime', 'crun'])
  t.regex(rewritten.stdout, /"SCMP_ACT_NOTIFY"/)
})
