/** Podman with its default profile, and a runtime of ours in the place of runc and of crun. */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { until, type Finished } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { makeRootfs, type RuntimeName } from '../helpers/containers.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { checksWith } from '../helpers/engine-checks.ts'
import { findCommand } from '../helpers/needs.ts'
import { createPodman, LIMITS, needPodman, type Podman } from '../helpers/podman.ts'
import { installShim, type Shim } from '../helpers/shim.ts'

const CALLS_TOTAL = 'seccomp_notifyd_calls_total'
const CONTAINER_CALLS = 'seccomp_notifyd_container_calls_total'
const IMAGE = 'localhost/named:1'
const ASKED_FOR = ['--annotation', 'seccomp-notifyd.io/action=log']
/** Podman's own profile, which has rules that a capability brings or takes away. */
const STOCK = '/usr/share/containers/seccomp.json'
/** A capability, and what that profile allows with it alone. */
const BROUGHT = [
  { capability: 'SYS_CHROOT', call: 'chroot', command: 'chroot / true' },
  { capability: 'SYS_ADMIN', call: 'sethostname', command: 'hostname other' },
]
/** Of one life: `run`, the other container, and its two `exec`. */
const SWAPOFFS = 4

interface Setting {
  podman: Podman
  daemon: DaemonProcess
  shim: Shim
}

function define(runtime: RuntimeName): void {
  const check = checksWith('podman', needPodman(runtime))
  const real = findCommand(runtime) ?? runtime

  check(`what its own profile denies is seen, and the container's life is as with ${runtime} alone`, async t => {
    const { podman, daemon, shim } = await setting(t, runtime)
    const [under, without] = [await life(podman, shim.script), await life(podman, real)]
    t.deepEqual(under, without)
    t.like(without, { ran: { code: 7 }, exec: { code: 1 }, logs: { stdout: 'up\n' }, exitCode: '137' })
    for (const { stderr } of [without.ran, without.logs]) t.regex(stderr, /swapoff: .*Operation not permitted/)
    t.regex(without.terminal.stdout, /swapoff: .*Operation not permitted\r\n$/)
    const calls = () => daemon.metric(CALLS_TOTAL, { syscall: 'swapoff', verdict: 'EPERM' })
    await until(async () => (await calls()) === SWAPOFFS, 5000)
  })

  check(
    `with ${runtime}, a capability that allows a call makes it none of ours; without it the call is counted`,
    async t => {
      const { podman, daemon, shim } = await setting(t, runtime)
      for (const { capability, call, command } of BROUGHT) {
        const run = (option: string) =>
          podman.run(shim.script, ['--rm', option, capability, ...ASKED_FOR], ['sh', '-c', command])
        const calls = () => daemon.metric(CALLS_TOTAL, { syscall: call })
        const added = await run('--cap-add')
        t.is(added.code, 0, added.stderr)
        const dropped = await run('--cap-drop')
        t.is(dropped.code, 1, dropped.stderr)
        t.regex(dropped.stderr, /Operation not permitted/)
        // One of the second container; one more would be of the first.
        await until(async () => (await calls()) > 0, 5000)
        t.is(await calls(), 1)
        t.is(await daemon.metric(CALLS_TOTAL, { syscall: call, verdict: 'EPERM' }), 1)
      }
    },
  )

  check(`with ${runtime}, its own profile, rewritten for a set of capabilities, needs no shim`, async t => {
    const { podman, daemon, shim } = await setting(t, runtime)
    const file = join(shim.folder, 'rewritten.json')
    const more = ['--runtime', runtime, '--listener', daemon.listenerSocket, '--output', file]
    for (const [option, capabilities, calls] of [
      ['--cap-add', 'kill,sys_chroot', 0],
      ['--cap-drop', 'kill', 1],
    ] as const) {
      const written = await cli(['profile', 'transform', STOCK, '--cap', capabilities, ...more])
      t.is(written.code, 0, written.stderr)
      const options = ['--rm', option, 'SYS_CHROOT', '--security-opt', `seccomp=${file}`]
      const { code, stderr } = await podman.run(real, options, ['sh', '-c', 'chroot / true; swapoff /dev/null; exit 7'])
      t.is(code, 7, stderr)
      await until(async () => (await daemon.metric(CALLS_TOTAL, { syscall: 'swapoff' })) === calls + 1, 5000)
      t.is(await daemon.metric(CALLS_TOTAL, { syscall: 'chroot' }), calls)
    }
  })

  check(
    `with ${runtime}, containers are called as in \`podman ps\`, also those that are removed at their end`,
    async t => {
      const { podman, daemon, shim } = await setting(t, runtime)
      const denied = ['sh', '-c', 'swapoff /dev/null; while [ ! -e /tmp/end ]; do sleep 0.1; done; exit 7']
      const named = async () => (await daemon.containers()).map(({ name, engine }) => `${name} ${engine}`)
      // One whose files are gone before they are read keeps its id.
      const endsWhenNamed = async (name: string, running: Promise<Finished>) => {
        await until(async () => (await named()).includes(`${name} podman`), 10_000)
        // Podman takes it for running a moment after it does run.
        const inspect = ['inspect', '--type', 'container', '--format', '{{.State.Running}}', name]
        await until(async () => (await podman.call(inspect)).stdout === 'true\n', 10_000)
        // It fails where the container is removed before it has tidied up; that the container ends is what counts.
        await podman.call(['exec', name, 'touch', '/tmp/end'])
        t.is((await running).code, 7)
      }
      await endsWhenNamed('gone', podman.run(shim.script, ['--rm', '--name', 'gone', ...ASKED_FOR], denied))
      // Its root file system is the same.
      t.is((await podman.run(shim.script, ['--name', 'stays', ...ASKED_FOR], denied)).code, 7)
      await until(async () => (await named()).join() === 'stays podman,gone podman', 10_000)
      for (const container of ['gone', 'stays']) {
        await until(async () => (await daemon.metric(CONTAINER_CALLS, { container })) > 0, 5000)
        t.is(await daemon.metric(CONTAINER_CALLS, { container, syscall: 'swapoff' }), 1)
      }
      const { stdout } = await podman.call(['ps', '--all', '--format', '{{.Names}} {{.ID}}'])
      const [name, id = ''] = stdout.trim().split(' ')
      t.is(name, 'stays')
      t.true((await daemon.container('stays'))?.id.startsWith(id))
      t.deepEqual((await daemon.container('stays'))?.warnings, [])

      await importImage(podman, shim.folder)
      const fixed = ['run', '--rm', '--network', 'none', ...LIMITS, ...ASKED_FOR]
      const ofImage = podman.call(['--runtime', shim.script, ...fixed, '--name', 'of-image', IMAGE, ...denied])
      await endsWhenNamed('of-image', ofImage)
      await until(async () => (await daemon.container('of-image'))?.image === IMAGE, 10_000)

      t.is((await podman.call(['rename', 'stays', 'renamed'])).code, 0)
      t.is((await podman.call(['start', 'renamed'])).code, 0)
      const all = ['renamed', 'of-image', 'stays', 'gone'].map(each => `${each} podman`).join()
      await until(async () => (await named()).join() === all, 10_000)
    },
  )

  check(`with nobody listening \`closed\` refuses, and Podman shows why, with ${runtime}`, async t => {
    const { podman, daemon, shim } = await setting(t, runtime)
    await daemon.stop()
    t.is((await podman.run(shim.script, ['--rm', ...ASKED_FOR], ['sh', '-c', 'exit 5'])).code, 5)
    const wish = ['--annotation', 'seccomp-notifyd.io/failure-policy=closed']
    const { code, stderr } = await podman.run(shim.script, ['--rm', ...wish], ['sh', '-c', 'exit 5'])
    t.true(code > 124, `${code}`)
    t.regex(stderr, /seccomp-notifyd-runtime: connecting to the listener .*: No such file or directory.*; hint: /)
  })

  check(
    `with ${runtime}, a container that an annotation has recorded runs with that profile and nothing else`,
    async t => {
      const { podman, daemon, shim } = await setting(t, runtime)
      const command = ['sh', '-c', 'cd /tmp; echo x > a; sort a; rm a; exit 7']
      const recorded = ['--rm', '--annotation', 'seccomp-notifyd.io/record=web']
      const first = await podman.run(shim.script, recorded, command)
      t.is(first.code, 7, first.stderr)
      const runs = async () =>
        JSON.parse((await daemon.get('/v1/recordings/web')).body) as { runs: number; running: number }
      await until(async () => (await runs()).runs === 1 && (await runs()).running === 0, 10_000)
      const profile = join(shim.folder, 'web.json')
      const made = await cli(['recording', 'profile', 'web', '-o', profile, '--api-socket', daemon.apiSocket])
      t.is(made.code, 0, made.stderr)
      const again = await podman.run(real, ['--rm', '--security-opt', `seccomp=${profile}`], command)
      t.deepEqual([again.code, again.stdout], [7, 'x\n'], again.stderr)
    },
  )
}

async function importImage(podman: Podman, folder: string): Promise<void> {
  const file = join(folder, 'image.tar')
  execFileSync('tar', ['-C', makeRootfs(join(folder, 'image'), []), '-cf', file, '.'])
  const { code, stderr } = await podman.call(['import', file, IMAGE])
  if (code !== 0) throw new Error(`importing the image: ${stderr}`)
}

interface Life {
  ran: Finished
  exec: Finished
  terminal: Finished
  logs: Finished
  exitCode: string
}

/** What somebody does with containers, and what comes of it. */
async function life(podman: Podman, runtime: string): Promise<Life> {
  const ran = await podman.run(runtime, ['--rm', ...ASKED_FOR], ['sh', '-c', 'swapoff /dev/null; exit 7'])
  const options = ['--detach', '--name', 'lives', ...ASKED_FOR]
  await podman.run(runtime, options, ['sh', '-c', 'swapoff /dev/null; echo up; exec sleep 1000'])
  const exec = await podman.call(['exec', 'lives', 'swapoff', '/dev/null'])
  const terminal = await podman.call(['exec', '--tty', 'lives', 'swapoff', '/dev/null'])
  await until(async () => (await podman.call(['logs', 'lives'])).stdout.includes('up'), 10_000)
  await podman.call(['stop', '--time', '0', 'lives'])
  const logs = await podman.call(['logs', 'lives'])
  const inspected = await podman.call(['inspect', '--format', '{{.State.ExitCode}}', 'lives'])
  await podman.call(['rm', 'lives'])
  return { ran, exec, terminal, logs, exitCode: inspected.stdout.trim() }
}

async function setting(t: ExecutionContext, runtime: RuntimeName): Promise<Setting> {
  const shim = installShim(t, runtime)
  const daemon = await startDaemonFor(t, shim.folder)
  shim.configure({ listener: daemon.listenerSocket })
  return { podman: await createPodman(t, runtime), daemon, shim }
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)
