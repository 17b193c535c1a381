/** Each command that takes a profile takes an operator's object in YAML. */

import test, { type ExecutionContext } from 'ava'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cli } from '../helpers/cli.ts'
import { folderOf } from '../helpers/folder.ts'

const YAML = `apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata:
  name: web
spec:
  defaultAction: SCMP_ACT_ALLOW
  syscalls:
    # Nobody needs it.
    - names: [chroot]
      action: SCMP_ACT_ERRNO
      errnoRet: 13
`

function files(t: ExecutionContext, yaml = YAML): { yaml: string; json: string; folder: string } {
  const folder = folderOf(t)
  const [yamlFile, json] = [join(folder, 'web.yaml'), join(folder, 'web.json')]
  writeFileSync(yamlFile, yaml)
  const syscalls = [{ names: ['chroot'], action: 'SCMP_ACT_ERRNO', errnoRet: 13 }]
  writeFileSync(json, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }))
  return { yaml: yamlFile, json, folder }
}

test('verify and run hold a command to it', async t => {
  const { yaml } = files(t)
  const verified = await cli(['verify', '--profile', yaml, '--', 'sh', '-c', 'chroot / true; true'])
  t.is(verified.code, 121, verified.stderr)
  t.regex(verified.stderr, /^chroot +\w+ +EACCES +1/m)
  const ran = await cli(['run', '--profile', yaml, '--', 'chroot', '/', 'true'], {
    env: { ...process.env, LC_ALL: 'C' },
  })
  t.regex(ran.stderr, /Permission denied/)
})

test('explain and check tell lines of the YAML', async t => {
  const { yaml } = files(t)
  const explained = await cli(['profile', 'explain', yaml, 'chroot'])
  t.regex(explained.stdout, /errno 13 EACCES +always +rule 0 \(line 9\)\n/)
  const checked = await cli(['profile', 'check', yaml.replace('web.yaml', 'odd.yaml')])
  t.is(checked.code, 1)
  const { yaml: odd } = files(t, YAML.replace('[chroot]', '[chroot, mkdri]').replace('errnoRet: 13', 'errnoret: 13'))
  const { stdout, code } = await cli(['profile', 'check', odd])
  t.is(code, 1)
  t.regex(stdout, /web\.yaml.*errnoret/)
})

test('YAML that cannot be read is a finding, and an error elsewhere', async t => {
  const { yaml } = files(t, 'spec: [\n')
  const checked = await cli(['profile', 'check', yaml])
  t.is(checked.code, 1)
  t.regex(checked.stdout, /error: reading the profile as YAML: .*\[invalid\]/)
  const explained = await cli(['profile', 'explain', yaml])
  t.deepEqual([explained.code, explained.stdout], [1, ''])
  t.regex(explained.stderr, /^seccomp-notifyd: reading the profile as YAML: /)
})

test('diff, show --resolve, merge and transform take it, and write YAML where they write the same format', async t => {
  const { yaml, json, folder } = files(t)
  t.like(await cli(['profile', 'diff', yaml, json]), { code: 0, stdout: '' })
  const shown = await cli(['profile', 'show', yaml])
  t.is(shown.stdout, YAML)
  const resolved = await cli(['profile', 'show', yaml, '--resolve'])
  t.is((JSON.parse(resolved.stdout) as { defaultAction: string }).defaultAction, 'SCMP_ACT_ALLOW')
  const merged = join(folder, 'merged.yaml')
  t.like(await cli(['profile', 'merge', yaml, json, '-o', merged]), { code: 0 })
  t.regex(readFileSync(merged, 'utf8'), /^apiVersion: .*\nkind: SeccompProfile\n[^]*[^\n]\n$/)
  t.is((await cli(['profile', 'diff', merged, json])).code, 0)
  const listener = '/var/run/security-profiles-operator/notifyd.sock'
  const transformed = await cli(['profile', 'transform', yaml, '--runtime', 'crun', '--listener', listener])
  t.regex(
    transformed.stdout,
    /^apiVersion: [^]*\n {2}listenerPath: \/var\/run\/security-profiles-operator\/notifyd\.sock\n/,
  )
})

test('an object that builds on another one is refused with what to do', async t => {
  const { yaml } = files(t, `${YAML}  baseProfileName: runc-v1.4.2\n`)
  const { code, stderr } = await cli(['verify', '--profile', yaml, '--', 'true'])
  t.is(code, 125)
  t.regex(stderr, /it builds on baseProfileName "runc-v1\.4\.2".*hint: remove the field/)
})
