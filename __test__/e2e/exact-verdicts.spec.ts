/** What a program experiences under a rewritten profile is what it experiences under the original one. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { loadNative } from '../../ts/native.ts'
import { until } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import type { Profile, RuntimeName } from '../helpers/containers.ts'
import type { DaemonProcess } from '../helpers/daemon-process.ts'
import { denyingByDefault, LAST_NUMBER, stockProfiles } from '../helpers/profiles.ts'
import { checksUnder, type RuntimeChecks } from '../helpers/runtime-checks.ts'

const CAPABILITIES = ['CAP_KILL', 'CAP_SETGID', 'CAP_SETUID', 'CAP_SYS_CHROOT']
const STOCK = stockProfiles()
const DENYING = denyingByDefault({ defaultAction: 'SCMP_ACT_ERRNO' })
const PROFILES: Record<string, string> = {
  'EPERM by default': JSON.stringify(DENYING),
  'another errno by default': JSON.stringify(
    denyingByDefault({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 13 }),
  ),
  'killed by default': JSON.stringify(denyingByDefault({ defaultAction: 'SCMP_ACT_KILL_PROCESS' })),
  ...STOCK,
}

/** Rounds of a program that ends when the daemon has. */
const UNTIL_KILLED = '100000'

const native = loadNative()

function define(runtime: RuntimeName): void {
  const checks = checksUnder(runtime)
  for (const [title, text] of Object.entries(PROFILES)) {
    checks.check(
      `every call of every ABI ends as under the original profile: ${title}`,
      async t => {
        const daemon = await compareSweeps(t, runtime, checks, text)
        if (text === JSON.stringify(DENYING) && process.arch === 'x64') await countsAreExact(t, daemon)
      },
      'together',
    )
  }

  checks.check('nobody gets a second listener, be the daemon alive or killed', async t => {
    const { runtimes, daemon } = await checks.setting(t, {}, ['asks-for-listener'])
    const profile = rewritten(runtime, daemon.listenerSocket)
    const bundle = runtimes.bundle({ args: ['asks-for-listener', UNTIL_KILLED, '100', '5'], profile })
    const container = runtimes.run('guarded', bundle)
    await container.printed('listener EBUSY chroot EPERM\nlistener EBUSY chroot EPERM')
    await daemon.kill9()
    const { stdout, code } = await container.finished
    t.is(code, 0)
    const rounds = stdout.trim().split('\n')
    t.deepEqual(new Set(rounds), new Set(['listener EBUSY chroot EPERM', 'listener EBUSY chroot ENOSYS']))
    t.deepEqual(new Set(rounds.slice(-5)), new Set(['listener EBUSY chroot ENOSYS']))
  })

  checks.check('threads start as before, also once the daemon is gone; denied namespaces are counted', async t => {
    const { runtimes, daemon } = await checks.setting(t, {}, ['starts-threads'])
    const profile = rewritten(runtime, daemon.listenerSocket)
    const bundle = runtimes.bundle({ args: ['starts-threads', UNTIL_KILLED, '100', '5'], profile })
    const container = runtimes.run('threads', bundle)
    await container.printed('threads 200 namespace EPERM\nthreads 200 namespace EPERM', 20_000)
    await until(async () => (await daemon.calls('threads', 'clone')) >= 2, 5000)
    const known = (await daemon.container('threads'))?.calls ?? []
    t.deepEqual(
      known.map(({ syscall }) => syscall).filter(name => !['clone', 'clone3'].includes(name)),
      [],
    )
    await daemon.kill9()
    const { stdout, code } = await container.finished
    t.is(code, 0)
    const rounds = stdout.trim().split('\n')
    t.true(
      rounds.every(round => round.startsWith('threads 200 ')),
      stdout,
    )
    t.deepEqual(new Set(rounds.slice(-5)), new Set(['threads 200 namespace ENOSYS']))
  })

  checks.check("a bundle's own configuration, rewritten by the command line, is used as it is", async t => {
    const { runtimes, daemon } = await checks.setting(t)
    const args = ['sh', '-c', 'chroot / true; echo code $?']
    const bundle = runtimes.bundle({ args, profile: DENYING })
    const file = join(bundle, 'config.json')
    const command = ['profile', 'transform', file, '--runtime', runtime, '--listener', daemon.listenerSocket]
    const { code, stderr, stdout } = await cli([...command, '--output', file])
    t.deepEqual([code, stdout], [0, ''], stderr)
    const container = await runtimes.run('by-command', bundle).finished
    t.is(container.stdout, 'code 1\n')
    t.regex(container.stderr, /Operation not permitted/)
    await until(async () => (await daemon.calls('by-command', 'chroot')) === 1, 5000)
    t.is((await cli(command)).stdout, readFileSync(file, 'utf8'), 'what is rewritten stays as it is')
  })
}

/** Our own profile for this runtime. */
function rewritten(runtime: RuntimeName, listenerPath: string): Profile {
  return JSON.parse(native.transformProfile(JSON.stringify(DENYING), { runtime, listenerPath }).json) as Profile
}

async function compareSweeps(
  t: ExecutionContext,
  runtime: RuntimeName,
  checks: RuntimeChecks,
  text: string,
): Promise<DaemonProcess> {
  const { runtimes, daemon } = await checks.setting(t, {}, ['calls-everything'])
  const facts = { capabilities: CAPABILITIES }
  const target = { runtime, listenerPath: daemon.listenerSocket }
  const { json: original } = native.resolveProfile(text, facts)
  const { json: changed } = native.transformProfile(text, target, facts)

  const sweep = async (id: string, json: string): Promise<string[]> => {
    const args = ['calls-everything', String(LAST_NUMBER)]
    const bundle = runtimes.bundle({ args, profile: JSON.parse(json) as Profile, capabilities: CAPABILITIES })
    const { code, stdout, stderr } = await runtimes.run(id, bundle).finished
    t.is(code, 0, stderr)
    return stdout.split('\n')
  }
  const [before, after] = await Promise.all([sweep('original', original), sweep('rewritten', changed)])
  t.true(before.includes('end'), before.slice(-3).join('\n'))
  t.deepEqual(differences(before, after), [])

  const seen = async () => new Set((await daemon.container('rewritten'))?.calls.map(({ syscall }) => syscall))
  await until(async () => (await seen()).size > 5, 5000)
  t.is(await daemon.container('original'), undefined)
  return daemon
}

/** As the guest makes them: by their numbers, 64-bit and 32-bit, and with each argument of its lists. */
async function countsAreExact(t: ExecutionContext, daemon: DaemonProcess): Promise<void> {
  const denied = {
    chroot: 2,
    // By number on both ABIs, and once more.
    clone3: 3,
    // One for each of CLONE_NEW*.
    clone: 7,
    // 4 of 7 values on x86-64, 3 of the 6 that are left of them on i386.
    personality: 7,
    // AF_VSOCK, as two types on x86-64 and as one on i386.
    socket: 3,
  }
  for (const [syscall, count] of Object.entries(denied)) {
    // Calls are counted when they have had their answer.
    await until(async () => (await daemon.calls('rewritten', syscall)) >= count, 5000)
    t.is(await daemon.calls('rewritten', syscall), count, syscall)
  }
}

function differences(before: string[], after: string[]): string[] {
  const lines = Array.from({ length: Math.max(before.length, after.length) }, (_, at) => [before[at], after[at]])
  return lines.filter(([one, other]) => one !== other).map(([one, other]) => `${one} -> ${other}`)
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)
if (Object.keys(STOCK).length === 0)
  test.skip('profiles of the engines: no folder of them beside the repository', () => {})
