/**
 * What a program experiences under a rewritten profile is what it experiences under the original one: every call, 64-bit and
 * 32-bit, and the arguments that profiles look at, made for real under each runtime.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { loadNative } from '../../ts/native.ts'
import { createRuntimes, type Profile, type RuntimeName } from '../helpers/containers.ts'
import { startDaemon } from '../helpers/daemon-process.ts'
import { needRuntime, recordExercise } from '../helpers/needs.ts'
import { projectRoot } from '../helpers/project.ts'

/** Above the newest call of Linux 6.18. */
const LAST = 470
const CAPABILITIES = ['CAP_KILL', 'CAP_SETGID', 'CAP_SETUID', 'CAP_SYS_CHROOT']
const STOCK = join(projectRoot, '../shared/profiles')
/** Denied without a condition by our own profiles. */
const DENIED = [
  'chroot',
  'swapoff',
  'swapon',
  'mount',
  'umount2',
  'ptrace',
  'unshare',
  'setns',
  'reboot',
  'keyctl',
  'bpf',
]
const CONDITIONAL = ['personality', 'clone', 'socket', 'clone3', 'ioctl']

const native = loadNative()

function allNames(): string[] {
  const numbers = Array.from({ length: LAST }, (_, number) => number)
  const arches = process.arch === 'x64' ? [0xc000003e, 0x40000003] : [native.nativeArch()]
  const names = arches.flatMap(arch => numbers.map(number => native.syscallName(arch, number)))
  return [...new Set(names)].filter(name => !name.startsWith('syscall_'))
}

/** Allows nearly everything by name, so that the default action is what denies. */
function ownProfile(defaults: Pick<Profile, 'defaultAction' | 'defaultErrnoRet'>): Profile {
  const allow = 'SCMP_ACT_ALLOW'
  const equals = (value: number) => [{ index: 0, value, op: 'SCMP_CMP_EQ' }]
  return {
    ...defaults,
    ...(process.arch === 'x64' ? { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] } : {}),
    syscalls: [
      { names: allNames().filter(name => ![...DENIED, ...CONDITIONAL].includes(name)), action: allow },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      ...[0, 8, 0xffffffff].map(value => ({ names: ['personality'], action: allow, args: equals(value) })),
      {
        names: ['clone'],
        action: allow,
        args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      { names: ['socket'], action: allow, args: [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }] },
      // Two conditions, so that the daemon is asked about all values.
      {
        names: ['ioctl'],
        action: allow,
        args: [
          { index: 0, value: 3, op: 'SCMP_CMP_LT' },
          { index: 1, value: 0x5412, op: 'SCMP_CMP_NE' },
        ],
      },
    ],
  }
}

const OWN = {
  'EPERM by default': ownProfile({ defaultAction: 'SCMP_ACT_ERRNO' }),
  'another errno by default': ownProfile({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 13 }),
  'killed by default': ownProfile({ defaultAction: 'SCMP_ACT_KILL_PROCESS' }),
}

function stockProfiles(): Record<string, string> {
  if (!existsSync(STOCK)) return {}
  const names = ['moby-2026', 'moby-20.10', 'containers-common-2026']
  return Object.fromEntries(names.map(name => [name, readFileSync(join(STOCK, `${name}.json`), 'utf8')]))
}

function define(runtime: RuntimeName, title: string, text: string): void {
  const need = needRuntime(runtime)
  const full = `${runtime}: every call ends as under the original profile: ${title}`
  if (!need.usable) {
    recordExercise({ part: runtime, title, outcome: 'skip', reason: need.reason })
    test.skip(full, () => {})
    return
  }
  test(full, async t => {
    t.timeout(120_000)
    t.teardown(() => recordExercise({ part: runtime, title, outcome: t.passed ? 'pass' : 'fail' }))
    await compare(t, runtime, text)
  })
}

async function compare(t: ExecutionContext, runtime: RuntimeName, text: string): Promise<void> {
  const runtimes = createRuntimes(runtime, ['calls-everything'])
  t.teardown(() => runtimes.cleanUp())
  const daemon = await startDaemon(runtimes.folder)
  t.teardown(() => daemon.kill9())
  const facts = { capabilities: CAPABILITIES }
  const target = { runtime, listenerPath: daemon.listenerSocket }
  const rewritten = native.transformProfile(text, target, facts)
  const { json: original } = native.resolveProfile(text, facts)

  const sweep = async (id: string, json: string): Promise<string[]> => {
    const args = ['calls-everything', String(LAST)]
    const bundle = runtimes.bundle({ args, profile: JSON.parse(json) as Profile, capabilities: CAPABILITIES })
    const { code, stdout, stderr } = await runtimes.run(id, bundle, 100_000).finished
    t.is(code, 0, stderr)
    return stdout.split('\n')
  }
  const [before, after] = await Promise.all([sweep('original', original), sweep('rewritten', rewritten.json)])
  t.true(before.includes('end'), before.slice(-3).join('\n'))
  t.deepEqual(differences(before, after), [])

  const seen = (await daemon.container('rewritten'))?.calls ?? []
  t.true(new Set(seen.map(({ syscall }) => syscall)).size > 5, JSON.stringify(seen))
  t.is(await daemon.container('original'), undefined)
}

function differences(before: string[], after: string[]): string[] {
  const lines = Array.from({ length: Math.max(before.length, after.length) }, (_, at) => [before[at], after[at]])
  return lines.filter(([one, other]) => one !== other).map(([one, other]) => `${one} -> ${other}`)
}

for (const runtime of ['runc', 'crun'] as const) {
  for (const [title, profile] of Object.entries(OWN)) define(runtime, title, JSON.stringify(profile))
  for (const [title, text] of Object.entries(stockProfiles())) define(runtime, title, text)
}
