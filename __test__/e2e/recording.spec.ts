/** Containers that are recorded by an annotation, under the real runc and the real crun. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { RecordingView } from '../../ts/recording-view.ts'
import type { RecordingList } from '../../ts/http/routes/recordings.ts'
import { until } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import {
  createRuntimes,
  type BundleOptions,
  type Profile,
  type RuntimeName,
  type Runtimes,
} from '../helpers/containers.ts'
import type { DaemonProcess } from '../helpers/daemon-process.ts'
import { needRuntime } from '../helpers/needs.ts'
import { denyingByDefault } from '../helpers/profiles.ts'
import { checksUnder, type RuntimeChecks } from '../helpers/runtime-checks.ts'
import { installShim, type Shim } from '../helpers/shim.ts'

const DENYING = denyingByDefault({ defaultAction: 'SCMP_ACT_ERRNO' })
const SCRIPT = ['sh', '-c', 'cd /tmp; echo x > a; sort a | uniq -c; (exit 4); e=$?; rm a; exit $e']
const HOSTILE = ['../../etc/passwd', 'a/b', '.hidden', '-o', 'a\nb', 'a'.repeat(200), '', '__proto__']
const REFUSED =
  /^seccomp-notifyd-runtime: annotation seccomp-notifyd\.io\/record: ".*" is no name for a recording; accepted: .*; nothing is recorded$/

interface Place {
  shim: Shim
  runtimes: Runtimes
  daemon: DaemonProcess
}

function define(runtime: RuntimeName): void {
  const checks = checksUnder(runtime)
  const { check } = checks

  check('a container is recorded by a name, and runs with what was recorded and nothing else', async t => {
    const { runtimes, daemon } = await place(t, checks, runtime)
    const first = await runOnce(runtimes, { args: SCRIPT, profile: DENYING, ...named('web') })
    t.is(first.code, 4, first.stderr)
    t.like(await recording(daemon, 'web', 1), { running: 0, complete: true })
    await runOnce(runtimes, { args: SCRIPT, profile: DENYING, ...named('web') })
    const { calls, added } = await recording(daemon, 'web', 2)
    t.deepEqual(added, [])
    t.true(calls.every(call => call.runs === 2 || call.runtime === true))
    const told = () => daemon.logs().filter(({ msg }) => msg === 'run recorded')
    await until(() => told().length === 2, 10_000)
    t.deepEqual(
      told().map(({ recording: name, runs }) => `${String(name)} ${String(runs)}`),
      ['web 1', 'web 2'],
    )
    const file = join(runtimes.folder, 'p.json')
    const made = await profileOf(daemon, 'web', ['-o', file])
    t.regex(made.stderr, /web: 2 runs recorded; the last that has ended added nothing/)
    const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
    for (const under of usable()) {
      const again = await runOnce(placeOf(t, under), { args: SCRIPT, profile })
      t.deepEqual([again.code, again.stdout], [first.code, first.stdout], `${under}: ${again.stderr}`)
    }
  })

  check('what a recorded container is denied stays denied, is told, and is not in the profile', async t => {
    const { runtimes, daemon } = await place(t, checks, runtime)
    const args = ['sh', '-c', 'chroot / true; echo code $?; id -u']
    const annotations = { ...named('denied').annotations, 'seccomp-notifyd.io/action': 'stop' }
    const id = unique()
    const bundle = runtimes.bundle({ args, profile: DENYING, annotations })
    const { code, stdout, stderr } = await runtimes.run(id, bundle).finished
    t.deepEqual([code, stdout], [0, 'code 1\n0\n'], stderr)
    t.regex(stderr, /Operation not permitted/)
    const { denied, calls } = await recording(daemon, 'denied', 1)
    t.deepEqual(denied, ['chroot'])
    t.true(calls.some(({ syscall }) => syscall === 'getuid'))
    t.false(calls.some(({ syscall }) => syscall === 'chroot'))
    const seen = await daemon.container(id)
    t.deepEqual(
      seen?.calls.map(({ syscall, verdict, count }) => [syscall, verdict, count]),
      [['chroot', 'EPERM', 1]],
      'what is allowed is recorded, and no forbidden call',
    )
    t.is(seen?.recording, 'denied')
    const { stdout: profile, stderr: told } = await profileOf(daemon, 'denied')
    t.false(profile.includes('"chroot"'))
    t.regex(told, /denied while it was recorded, and so not in the profile: chroot/)
  })

  check('a container without a profile is recorded, what is executed in it too, and may do what it could', async t => {
    const { runtimes, daemon } = await place(t, checks, runtime)
    const id = unique()
    const bundle = runtimes.bundle({ args: ['sleep', '100'], ...named('free') })
    const container = runtimes.run(id, bundle)
    await runtimes.running(id)
    // crun does not say which container an exec is in: the newest that is known by then.
    await until(async () => (await find(daemon, 'free'))?.running === 1, 10_000)
    t.is((await runtimes.exec(id, ['sh', '-c', 'chroot / true; echo $?'])).stdout, '0\n')
    const live = await found(async () => {
      const view = await find(daemon, 'free')
      return view?.calls.some(({ syscall }) => syscall === 'chroot') === true ? view : undefined
    })
    t.like(live, { runs: 1, running: 1, endedAt: null })
    t.is((await daemon.containers())[0]?.recording, 'free')
    await runtimes.kill(id)
    await container.finished
    await recording(daemon, 'free', 1)
    t.is(await daemon.total(), 0)
  })

  check('a name that is none records nothing, in one sentence, and takes nothing from the container', async t => {
    const { runtimes, daemon, shim } = await place(t, checks, runtime, ['--log', 'LOG', '--log-format=json'])
    const log = join(shim.folder, 'log.json')
    for (const name of HOSTILE) {
      const watched = await runOnce(runtimes, { args: ['chroot', '/', 'true'], profile: DENYING, ...named(name) })
      t.is(watched.code, 1, watched.stderr)
      const bundle = runtimes.bundle({ args: ['chroot', '/', 'true'], ...named(name) })
      const before = readFileSync(join(bundle, 'config.json'), 'utf8')
      t.is((await runtimes.run(unique(), bundle).finished).code, 0)
      t.is(readFileSync(join(bundle, 'config.json'), 'utf8'), before)
    }
    const said = readFileSync(log, 'utf8')
      .split('\n')
      .filter(line => line.includes('is no name'))
    t.is(said.length, 2 * HOSTILE.length)
    for (const line of said) t.regex((JSON.parse(line) as { msg: string }).msg, REFUSED)
    t.deepEqual(await all(daemon), [])
    const warnings = () => daemon.logs().filter(({ warning }) => String(warning).includes('io/record has the value'))
    await until(
      () => warnings().length === HOSTILE.length,
      5000,
      () => JSON.stringify(daemon.logs()),
    )
    t.is(await daemon.total(), HOSTILE.length)
  })

  check('a recording survives the daemon, and goes on with it', async t => {
    const { runtimes, daemon } = await place(t, checks, runtime)
    await runOnce(runtimes, { args: ['true'], profile: DENYING, ...named('kept') })
    await recording(daemon, 'kept', 1)
    await daemon.stop()
    const next = await checks.start(t, runtimes.folder)
    t.is((await recording(next, 'kept', 1)).endedAt !== null, true)
    await runOnce(runtimes, { args: ['sh', '-c', 'mkdir /tmp/x'], profile: DENYING, ...named('kept') })
    const { added } = await recording(next, 'kept', 2)
    t.true(
      added.some(text => text.startsWith('mkdir ')),
      added.join(', '),
    )
    const gone = await cli(['recording', 'delete', 'kept', '--api-socket', next.apiSocket])
    t.deepEqual([gone.code, await all(next)], [0, []])
    await next.stop()
    t.deepEqual(await all(await checks.start(t, runtimes.folder)), [])
  })
}

let made = 0
/** runc takes containers of one id for one, wherever their state is. */
function unique(): string {
  return `rec-${process.pid}-${made++}`
}

function usable(): RuntimeName[] {
  return (['runc', 'crun'] as const).filter(name => needRuntime(name).usable)
}

function named(name: string): Pick<BundleOptions, 'annotations'> & { annotations: Record<string, string> } {
  return { annotations: { 'seccomp-notifyd.io/record': name } }
}

function placeOf(t: ExecutionContext, runtime: RuntimeName): Runtimes {
  const runtimes = createRuntimes(runtime)
  t.teardown(() => runtimes.cleanUp())
  return runtimes
}

/** A shim whose daemon runs. `LOG` among the options is a file in the shim's folder. */
async function place(
  t: ExecutionContext,
  checks: RuntimeChecks,
  runtime: RuntimeName,
  options: string[] = [],
): Promise<Place> {
  const shim = installShim(t, runtime)
  const given = options.map(option => (option === 'LOG' ? join(shim.folder, 'log.json') : option))
  const runtimes = createRuntimes(runtime, [], [...shim.command, ...given])
  t.teardown(() => runtimes.cleanUp())
  const daemon = await checks.start(t, runtimes.folder)
  shim.configure({ listener: daemon.listenerSocket })
  return { shim, runtimes, daemon }
}

function runOnce(runtimes: Runtimes, options: BundleOptions) {
  return runtimes.run(unique(), runtimes.bundle(options)).finished
}

/** The recording once so many of its runs have ended, or run. */
function recording(daemon: DaemonProcess, name: string, runs: number): Promise<RecordingView> {
  const look = async () => {
    const view = await find(daemon, name)
    return view?.runs === runs && view.running === 0 ? view : undefined
  }
  return found(look, () => daemon.child.stdout() + daemon.child.stderr())
}

async function found<T>(look: () => Promise<T | undefined>, problem?: () => string): Promise<T> {
  let value: T | undefined
  await until(async () => (value = await look()) !== undefined, 20_000, problem)
  return value as T
}

async function find(daemon: DaemonProcess, name: string): Promise<RecordingView | undefined> {
  const { status, body } = await daemon.get(`/v1/recordings/${name}`)
  return status === 200 ? (JSON.parse(body) as RecordingView) : undefined
}

async function all(daemon: DaemonProcess): Promise<RecordingList['recordings']> {
  return (JSON.parse((await daemon.get('/v1/recordings')).body) as RecordingList).recordings
}

function profileOf(daemon: DaemonProcess, name: string, more: string[] = []) {
  return cli(['recording', 'profile', name, '--api-socket', daemon.apiSocket, ...more])
}

define('runc')
define('crun')
