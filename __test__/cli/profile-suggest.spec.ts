import test, { type ExecutionContext } from 'ava'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { profiles } from '../../ts/index.ts'
import { until } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { projectRoot } from '../helpers/project.ts'

const fixture = join(projectRoot, 'crates/profile/fixtures/allow-list.json')

/** A folder with the profile, and the command in it. */
function prepare(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'sn-suggest-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  copyFileSync(fixture, join(folder, 'p.json'))
  return {
    file: (name: string) => join(folder, name),
    suggest: (...args: string[]) => cli(['profile', 'suggest', 'p.json', ...args, '--arch', 'x86_64'], { cwd: folder }),
  }
}

test('the change is a patch of the one line', async t => {
  const { suggest } = prepare(t)
  const { code, stdout, stderr } = await suggest('--calls', 'rmdir')
  t.deepEqual([code, stderr], [0, ''])
  t.is(
    stdout,
    `--- p.json
+++ p.json
@@ -2,7 +2,7 @@
   "defaultAction": "SCMP_ACT_ERRNO",
   "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
   "syscalls": [
-    { "names": ["read", "write", "exit_group", "mkdir"], "action": "SCMP_ACT_ALLOW" },
+    { "names": ["read", "write", "exit_group", "mkdir", "rmdir"], "action": "SCMP_ACT_ALLOW" },
     {
       "names": ["personality"],
       "action": "SCMP_ACT_ALLOW",
`,
  )
})

test('denied calls of a report are admitted, with the arguments that it has', async t => {
  const { suggest, file } = prepare(t)
  const calls = [
    { syscall: 'chdir', verdict: 'EPERM' },
    { syscall: 'read', verdict: 'allow' },
    { syscall: 'clone3', verdict: 'ENOSYS' },
    { syscall: 'personality', verdict: 'EPERM', args: ['0x8', '0', '0', '0', '0', '0'] },
  ]
  writeFileSync(file('run.json'), JSON.stringify({ calls }))
  writeFileSync(file('verify.json'), JSON.stringify({ denied: calls }))
  for (const report of ['run.json', 'verify.json']) {
    const { code, stderr } = await suggest('--report', report, '--allow-dangerous', 'personality', '-o', 'out.json')
    t.deepEqual([code, stderr], [0, ''])
    const { syscalls } = JSON.parse(readFileSync(file('out.json'), 'utf8')) as { syscalls: Array<{ names: string[] }> }
    t.deepEqual(
      syscalls.map(({ names }) => names),
      [['read', 'write', 'exit_group', 'mkdir', 'chdir'], ['personality'], ['personality']],
    )
    const { stdout } = await cli(['profile', 'diff', fixture, file('out.json'), '--arch', 'x86_64'])
    t.regex(stdout, /^chdir +errno 1 EPERM +allow +x86_64 i386 x32 +always\npersonality .* arg0 == 8\n$/m)
    t.is(stdout.split('\n').length, 4)
  }
})

test('a dangerous call is refused with what it opens, and nothing is written', async t => {
  const { suggest, file } = prepare(t)
  const { code, stdout, stderr } = await suggest('--calls', 'rmdir,mount', '-o', 'out.json')
  t.deepEqual([code, stdout], [1, ''])
  t.is(
    stderr,
    'seccomp-notifyd: widening the profile: mount can mount file systems; hint: if that is meant, say so for each call by its name\n',
  )
  t.throws(() => readFileSync(file('out.json')), { code: 'ENOENT' })
  t.is((await suggest('--calls', 'rmdir,mount', '--allow-dangerous', 'mount')).code, 0)
})

test('what is allowed already changes nothing and is told', async t => {
  const { code, stdout, stderr } = await prepare(t).suggest('--calls', 'read')
  t.deepEqual([code, stdout, stderr], [0, '', 'seccomp-notifyd: read is allowed already\n'])
})

test('a wrong command line ends with 2 and one line', async t => {
  const { suggest, file } = prepare(t)
  writeFileSync(file('odd.json'), '{"calls": 1}')
  const cases: Array<[args: string[], message: RegExp]> = [
    [[], /one of --report, --container and --calls/],
    [['--report', 'x', '--calls', 'y'], /one of --report, --container and --calls/],
    [['--container', 'x', '--calls', 'y'], /one of --report, --container and --calls/],
    [['--report', 'nowhere.json'], /could not read the report nowhere\.json/],
    [['--report', 'odd.json'], /odd\.json is no report/],
    [['--calls', 'mkdri'], /"mkdri" is no system call; did you mean mkdir/],
  ]
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await suggest(...args)
    t.deepEqual([code, stdout], [2, ''], stderr)
    t.regex(stderr, /^seccomp-notifyd: [^\n]+\n$/)
    t.regex(stderr, message)
  }
})

test('the library changes a document', async t => {
  const document = profiles.parse(readFileSync(fixture, 'utf8'))
  const facts = { architecture: 'x86_64', kernel: '6.1', capabilities: [] }
  const { document: wider } = await profiles.suggest(document, [{ syscall: 'rmdir' }], { facts })
  t.is(wider.text, document.text.replace('"mkdir"]', '"mkdir", "rmdir"]'))
  const refused = profiles.suggest(document, [{ syscall: 'bpf' }], { facts })
  await t.throwsAsync(refused, { code: 'ERR_PROFILE', message: /bpf can load programs into the kernel/ })
})

test('a call that the profile allows for some arguments is admitted for those that a program was seen to make', async t => {
  const { suggest, file } = prepare(t)
  const allowing = JSON.parse(readFileSync(fixture, 'utf8')) as { defaultAction: string; syscalls: object[] }
  // Everything else is allowed, so that the guest runs.
  const denying = { ...allowing, defaultAction: 'SCMP_ACT_ALLOW', syscalls: [DENIED] }
  writeFileSync(file('denying.json'), JSON.stringify(denying))
  const options = ['run', '--profile', file('denying.json'), '--report', file('run.json')]
  const values = ['0x8', '0x20000', '0xffffffff', '0x8']
  const { stdout } = await cli([...options, '--', guest('calls-with-argument'), ...values])
  t.is(stdout, '0x8 EPERM\n0x20000 EPERM\n0xffffffff EPERM\n0x8 EPERM\n')
  const { code, stderr } = await suggest('--report', 'run.json', '--allow-dangerous', 'personality', '-o', 'out.json')
  t.deepEqual([code, stderr], [0, 'seccomp-notifyd: personality is allowed already\n'])
  const { stdout: changed } = await cli(['profile', 'diff', fixture, file('out.json'), '--arch', 'x86_64'])
  t.regex(changed, /^CALL.*\npersonality .* arg0 == 0x20000, or arg0 == 8\n$/)
})

const DENIED = { names: ['personality'], action: 'SCMP_ACT_ERRNO' }

test('what a container of a daemon was denied is admitted, and what is not known of it is told', async t => {
  const { suggest } = prepare(t)
  const daemon = await startDaemonFor(t, folderOf(t), { config: { policy: { errno: 'EPERM' } } })
  const personality = process.arch === 'x64' ? '135' : '92'
  const calls = ['--call', personality, '--', guest('calls-with-argument'), '8', '8', '0x20000', '8', '8', '8']
  await startFakeRuntime(daemon.listenerSocket, ['--id', 'web-1', ...calls]).finished
  const counted = async () => (await daemon.container('web-1'))?.calls.map(({ count }) => count)
  await until(async () => (await counted())?.join() === '6', 30_000)
  const options = ['--container', 'web-1', '--api-socket', daemon.apiSocket]
  const refused = await suggest(...options)
  t.is(refused.code, 1)
  t.regex(refused.stderr, /personality can switch protections of memory off/)
  const { code, stdout, stderr } = await suggest(...options, '--allow-dangerous', 'personality')
  t.is(code, 0, stderr)
  t.regex(stdout, /^\+ {4}\{\n\+ {6}"names": \[\n\+ {8}"personality"\n/m)
  t.deepEqual(stdout.match(/"value": \d+/g), ['"value": 4294967295', '"value": 8', '"value": 131072'])
  t.regex(stderr, /personality was called 6 times, and the arguments of the first few are known\n$/)
  const unknown = await suggest('--container', 'nobody', '--api-socket', daemon.apiSocket)
  t.deepEqual([unknown.code, unknown.stdout], [1, ''])
  t.regex(unknown.stderr, /no container has the id, name or key "nobody"/)
})
