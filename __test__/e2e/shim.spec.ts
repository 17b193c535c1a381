/** The runtime shim in front of the real runc and the real crun. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { start, until, type Finished } from '../helpers/child.ts'
import { createRuntimes, type Command, type RuntimeName, type Runtimes } from '../helpers/containers.ts'
import type { DaemonProcess } from '../helpers/daemon-process.ts'
import { findCommand } from '../helpers/needs.ts'
import { denyingByDefault } from '../helpers/profiles.ts'
import { checksUnder, type RuntimeChecks } from '../helpers/runtime-checks.ts'
import { installShim, type Shim, type ShimSettings } from '../helpers/shim.ts'

/** As an engine's: nothing in it knows of us, and it is the default action that denies. */
const DENYING = denyingByDefault({ defaultAction: 'SCMP_ACT_ERRNO' })
const ASKED_FOR = { 'seccomp-notifyd.io/action': 'log' }
const CHROOT = ['sh', '-c', 'chroot / true; echo code $?']
const DENIED = 'code 1\n'
const NOT_WATCHED = /the container is not watched and keeps its own profile: connecting to the listener .*\.sock: /
const REFUSED = /^seccomp-notifyd-runtime: connecting to the listener .*\.sock: No such file or directory/

interface Place {
  shim: Shim
  runtimes: Runtimes
}

function define(runtime: RuntimeName): void {
  const checks = checksUnder(runtime)
  const { check } = checks

  check('under the shim, calls that only the default action denies are seen, with the same errno', async t => {
    const { runtimes, daemon } = await watched(t, checks, runtime)
    const bundle = runtimes.bundle({ args: CHROOT, profile: DENYING, annotations: ASKED_FOR })
    const { code, stdout, stderr } = await runtimes.run('seen', bundle).finished
    t.deepEqual([code, stdout], [0, DENIED], stderr)
    t.regex(stderr, /Operation not permitted/)
    await until(async () => (await daemon.calls('seen', 'chroot')) === 1, 5000)
    const calls = (await daemon.container('seen'))?.calls ?? []
    const verdicts = calls.filter(({ syscall }) => syscall === 'chroot').map(({ verdict }) => verdict)
    t.deepEqual(verdicts, ['EPERM'])
  })

  if (runtime === 'crun') {
    check('under the shim, crun notifies what libseccomp has no name for too, also of an exec', async t => {
      const { runtimes, daemon } = await watched(t, checks, runtime)
      const args = ['sh', '-c', 'calls-number 462; calls-number 600']
      const bundle = runtimes.bundle({ args, profile: DENYING, annotations: ASKED_FOR })
      const { stdout, stderr } = await runtimes.run('unnamed', bundle).finished
      t.is(stdout, '462 EPERM\n600 EPERM\n', stderr)
      await until(async () => (await daemon.calls('unnamed', 'syscall_600')) === 1, 5000)
      t.is(await daemon.calls('unnamed', 'mseal'), 1)
      const lasting = runtimes.bundle({ args: ['sleep', '1000'], profile: DENYING, annotations: ASKED_FOR })
      const container = runtimes.run('entered', lasting)
      await runtimes.running('entered')
      t.is((await runtimes.exec('entered', args)).stdout, stdout)
      await until(async () => (await daemon.calls('entered', 'mseal')) === 1, 5000)
      await runtimes.kill('entered')
      await container.finished
    })
  }

  check('under the shim, exec, state, kill and delete are as without it, and an exec is watched', async t => {
    const { runtimes, daemon } = await watched(t, checks, runtime)
    const plain = checks.createPlace(t)
    const [under, without] = await Promise.all([life(runtimes), life(plain)])
    t.deepEqual(under, without)
    t.like(under, { exec: { code: 9 }, status: 'running', code: 137, after: undefined })
    await until(async () => (await daemon.calls('lives', 'chroot')) === 1, 5000)
  })

  check('under the shim, what makes no container is passed on byte for byte', async t => {
    const { command } = installShim(t, runtime, { failurePolicy: 'closed' })
    const real = findCommand(runtime) ?? runtime
    const lines = [
      '--version',
      'features',
      '--help',
      'create --help',
      'no-such-command',
      '',
      'state none',
      'kill none 9',
    ]
    for (const line of lines) {
      const args = line.split(' ').filter(word => word !== '')
      const [one, other] = await Promise.all([call(command, args), call([real], args)])
      t.deepEqual(untimed(one), untimed(other), line)
    }
  })

  check('under the shim, a container that asks for nothing, and a sandbox, are left alone', async t => {
    const { runtimes, daemon } = await watched(t, checks, runtime)
    const annotations = { 'io.kubernetes.cri.container-type': 'sandbox', ...ASKED_FOR }
    const bundles = [{}, annotations].map(given =>
      runtimes.bundle({ args: CHROOT, profile: DENYING, annotations: given }),
    )
    for (const [at, bundle] of bundles.entries()) {
      const before = config(bundle)
      const { code, stdout, stderr } = await runtimes.run(`alone-${at}`, bundle).finished
      t.deepEqual([code, stdout], [0, DENIED], stderr)
      t.is(config(bundle), before)
    }
    t.is(await daemon.total(), 0)
  })

  check('under the shim, a container without a profile is left alone, or gets ours for its capabilities', async t => {
    const { runtimes, daemon, shim } = await watched(t, checks, runtime)
    const args = ['sh', '-c', 'unshare -m true; echo $?; chroot / true; echo $?']
    const bundle = runtimes.bundle({ args, annotations: ASKED_FOR })
    const before = config(bundle)
    await runtimes.run('left', bundle).finished
    t.is(config(bundle), before)
    shim.configure({ listener: daemon.listenerSocket, withoutProfile: 'runtime-default' })
    const { stdout, stderr } = await runtimes.run('given', bundle).finished
    t.is(stdout, '1\n0\n', stderr)
    await until(async () => (await daemon.calls('given', 'unshare')) === 1, 5000)
    t.is(await daemon.calls('given', 'chroot'), 0, 'it has CAP_SYS_CHROOT')
    const without = { args, annotations: ASKED_FOR, capabilities: ['CAP_KILL'] }
    t.is((await runtimes.run('without', runtimes.bundle(without)).finished).stdout, '1\n1\n')
    await until(async () => (await daemon.calls('without', 'chroot')) === 1, 5000)
  })

  check('under the shim with nobody listening, `open` starts a container as it is and says so in the log', async t => {
    const { runtimes, log } = logging(t, runtime, {})
    const bundle = runtimes.bundle({ args: CHROOT, profile: DENYING, annotations: ASKED_FOR })
    const before = config(bundle)
    const { code, stdout, stderr } = await runtimes.run('open', bundle).finished
    t.deepEqual([code, stdout], [0, DENIED], stderr)
    t.is(config(bundle), before)
    t.notRegex(stderr, /seccomp-notifyd/, 'it may be the standard error of the container')
    t.is(log().length, 1)
    t.is(log()[0]?.level, 'warning')
    t.regex(log()[0]?.msg ?? '', NOT_WATCHED)
  })

  check('under the shim with nobody listening, `closed` refuses a container in one sentence', async t => {
    const { runtimes, log } = logging(t, runtime, { failurePolicy: 'closed' })
    const bundle = runtimes.bundle({ args: CHROOT, profile: DENYING, annotations: ASKED_FOR })
    const before = config(bundle)
    const { code, stdout, stderr } = await runtimes.run('closed', bundle).finished
    t.deepEqual([code, stdout], [1, ''])
    t.regex(stderr, REFUSED)
    t.is(stderr.split('\n').length, 2)
    t.is(log().at(-1)?.level, 'error')
    t.true(stderr.includes(log().at(-1)?.msg ?? 'nothing'))
    t.true(Math.abs(Date.parse(log().at(-1)?.time ?? '') - Date.now()) < 60_000)
    t.is(await runtimes.state('closed'), undefined)
    t.is(config(bundle), before)
    const other = runtimes.bundle({ args: ['true'], profile: DENYING })
    t.is((await runtimes.run('unasked', other).finished).code, 0, 'nobody asked for it to be watched')
  })

  check('under the shim, a bundle that was watched gets its profile back when nobody listens any more', async t => {
    const { runtimes, daemon, shim } = await watched(t, checks, runtime)
    const bundle = runtimes.bundle({ args: CHROOT, profile: DENYING, annotations: ASKED_FOR })
    const before = config(bundle)
    t.is((await runtimes.run('first', bundle).finished).stdout, DENIED)
    t.true(config(bundle).includes('SCMP_ACT_NOTIFY'))
    t.is(config(bundle).includes('SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'), waitsKillable(runtime))
    const rewritten = config(bundle)
    t.is((await runtimes.run('second', bundle).finished).stdout, DENIED)
    t.is(config(bundle), rewritten)
    t.is(shim.kept().length, 1)
    await daemon.stop()
    t.is((await runtimes.run('third', bundle).finished).stdout, DENIED)
    t.is(config(bundle), before)
  })
}

/** What somebody does with a container, and what comes of it. */
async function life(runtimes: Runtimes): Promise<object> {
  const options = { args: ['sleep', '1000'], profile: DENYING, annotations: ASKED_FOR }
  const container = runtimes.run('lives', runtimes.bundle(options))
  await runtimes.running('lives')
  const exec = await runtimes.exec('lives', ['sh', '-c', 'chroot / true; exit 9'])
  const missing = untimed(await runtimes.exec('lives', ['no-such-program']))
  const status = (await runtimes.state('lives'))?.status
  await runtimes.kill('lives')
  const { code } = await container.finished
  return { exec, missing, status, code, after: await runtimes.state('lives') }
}

function place(t: ExecutionContext, runtime: RuntimeName, settings: ShimSettings, options: string[] = []): Place {
  const shim = installShim(t, runtime, settings)
  const runtimes = createRuntimes(runtime, ['calls-number'], [...shim.command, ...options])
  t.teardown(() => runtimes.cleanUp())
  return { shim, runtimes }
}

/** A shim whose daemon runs. */
async function watched(
  t: ExecutionContext,
  checks: RuntimeChecks,
  runtime: RuntimeName,
): Promise<Place & { daemon: DaemonProcess }> {
  const { shim, runtimes } = place(t, runtime, {})
  const daemon = await checks.start(t, runtimes.folder)
  shim.configure({ listener: daemon.listenerSocket })
  return { shim, runtimes, daemon }
}

/** crun 1.6 and Linux 5.19 have the flag with which a signal does not repeat a call; no runc has it. */
function waitsKillable(runtime: RuntimeName): boolean {
  const version = (text: string): number => {
    const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(text) ?? []
    return Number(major) * 1000 + Number(minor)
  }
  if (runtime === 'runc' || version(release()) < 5019) return false
  return version(execFileSync(findCommand('crun') ?? 'crun', ['--version'], { encoding: 'utf8' })) >= 1006
}

interface LogRecord {
  level?: string
  msg?: string
  time?: string
}

/** A shim whose daemon does not run, and what is written to the runtime's log. */
function logging(t: ExecutionContext, runtime: RuntimeName, settings: ShimSettings) {
  const folder = mkdtempSync(join(tmpdir(), 'sn-log-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'log.json')
  const listener = join(folder, 'nobody.sock')
  const options = ['--log', file, '--log-format=json']
  const { runtimes } = place(t, runtime, { ...settings, listener }, options)
  const log = (): LogRecord[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as LogRecord)
  return { runtimes, log }
}

function config(bundle: string): string {
  return readFileSync(join(bundle, 'config.json'), 'utf8')
}

function call([program, ...first]: Command, args: string[]): Promise<Finished> {
  return start(program, [...first, ...args]).finished
}

/** Messages of the runtimes begin with the time; runc's usage names the program. */
function untimed(result: Finished): Finished {
  return { ...result, stderr: result.stderr.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:[\d.]+Z?/g, 'now') }
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)
