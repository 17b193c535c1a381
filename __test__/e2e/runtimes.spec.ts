/** The daemon under the real runc and the real crun: the same cases for each. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, until } from '../helpers/child.ts'
import { notifying, type RuntimeName } from '../helpers/containers.ts'
import { startDaemon, type DaemonProcess } from '../helpers/daemon-process.ts'
import type { Tally } from '../helpers/fake-runtime.ts'
import { callsInHistory } from '../helpers/history-file.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const CALLS_TOTAL = 'seccomp_notifyd_container_calls_total'
const CRIO_TOTAL = 'container_runtime_crio_containers_seccomp_notifier_count_total'
const STOP = { 'seccomp-notifyd.io/action': 'stop' }
const QUICK_STOP = { policy: { action: 'stop', debounce: '1s', errno: 'EPERM' } }
const EPERM = { policy: { errno: 'EPERM' } }
/** CRI-O's wait after the last call; the default. */
const DEBOUNCE_MS = 5000
const PAUSE_MS = 1000
/** Dates are made of two clocks, which are read one after the other. */
const SPARE_MS = 500
const KILLED = 137
/** Far beyond what a call takes on the slowest machine. */
const HANGING_NS = 20e9

function define(runtime: RuntimeName): void {
  const { check, createPlace, start, setting } = checksUnder(runtime)

  check('a container goes on after a denied call, and is counted while it runs', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: EPERM })
    const args = ['sh', '-c', 'chroot / true; echo done; exec sleep 1000']
    const container = runtimes.run('goes-on', runtimes.bundle({ args, profile: profile(['chroot']) }))
    await container.printed('done', 3000)
    await until(() => container.stderr().includes('Operation not permitted'), 5000)
    await until(async () => (await daemon.calls('goes-on', 'chroot')) === 1, 2000)
    t.is(await daemon.metric(CALLS_TOTAL, { container: 'goes-on', syscall: 'chroot' }), 1)
    t.is((await runtimes.state('goes-on'))?.status, 'running')
  })

  check('hand-over connections are closed while 20 containers run', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: EPERM })
    const bundle = runtimes.bundle({ args: ['sh', '-c', 'echo up; exec sleep 1000'], profile: profile(['chroot']) })
    const ids = Array.from({ length: 20 }, (_, index) => `many-${index}`)
    const containers = ids.map(id => runtimes.run(id, bundle))
    await Promise.all(containers.map(container => container.printed('up', 30_000)))
    // A runtime waits for no answer, so its container may run before we have taken what was handed over.
    const running = async () => (await daemon.containers()).filter(({ state }) => state === 'running').length
    await until(
      async () => (await running()) === ids.length,
      10_000,
      () => `not all of ${ids.length} containers came:\n${daemon.child.stderr()}`,
    )
    await until(
      () => connectionsTo(daemon.listenerSocket) === 0,
      5000,
      () => `${connectionsTo(daemon.listenerSocket)} connections are open`,
    )
    t.is(await running(), ids.length)
  })

  check('a denied call of an exec stops the whole container, and nothing else', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: QUICK_STOP })
    const bundle = runtimes.bundle({ args: ['sleep', '1000'], profile: profile(['mkdir']) })
    const container = runtimes.run('exec-stops', bundle)
    await runtimes.running('exec-stops')
    const { code } = await runtimes.exec('exec-stops', ['mkdir', '/x'])
    t.is(code, 1)
    t.is((await container.finished).code, KILLED)
    await settled(daemon, 'exec-stops')
    const view = await daemon.container('exec-stops')
    t.is(view?.message, 'Used forbidden syscalls: mkdir (1x)')
    t.is(view?.reason, 'seccomp killed')
    t.is(view?.exitCode, KILLED)
    t.is((await daemon.get('/healthz')).status, 200)
  })

  check('a denied call of a second thread counts and stops like any other', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: QUICK_STOP }, ['calls-from-thread'])
    const bundle = runtimes.bundle({ args: ['calls-from-thread', '1', '1000'], profile: profile(['mkdir', 'mkdirat']) })
    const container = runtimes.run('thread', bundle)
    t.is((await container.finished).code, KILLED)
    t.deepEqual(JSON.parse(container.stdout()), { calls: 1, errnos: { EPERM: 1 } })
    await settled(daemon, 'thread')
    t.regex((await daemon.container('thread'))?.message ?? '', /^Used forbidden syscalls: mkdir(at)? \(1x\)$/)
  })

  check('a daemon in another pid namespace answers, says so, and signals nobody', async t => {
    const wrap = ['unshare', '--pid', '--fork', '--kill-child']
    const { runtimes, daemon, profile } = await setting(t, { config: QUICK_STOP, wrap })
    const bundle = runtimes.bundle({
      args: ['sh', '-c', 'mkdir /x; echo survived; exec sleep 1000'],
      profile: profile(['mkdir', 'mkdirat']),
    })
    const container = runtimes.run('foreign', bundle)
    await container.printed('survived')
    await until(() => container.stderr().includes('Operation not permitted'), 5000)
    await sleep(3000)
    t.is((await runtimes.state('foreign'))?.status, 'running')
    t.regex(daemon.child.stdout() + daemon.child.stderr(), /pid namespace/)
    t.is((await daemon.get('/healthz')).status, 200)
  })

  if (process.arch === 'x64') {
    check('calls are named by their ABI', async t => {
      const { runtimes, daemon, profile } = await setting(t, { config: QUICK_STOP }, ['calls-by-abi'])
      const bundle = runtimes.bundle({
        args: ['sh', '-c', 'calls-by-abi; exec sleep 1000'],
        profile: profile(['mkdir', 'swapoff']),
      })
      const container = runtimes.run('abi', bundle)
      t.is((await container.finished).code, KILLED)
      t.deepEqual(JSON.parse(container.stdout()), {
        'i386 mkdir': 'EPERM',
        'i386 swapoff': 'EPERM',
        'x32 mkdir': 'EPERM',
      })
      await settled(daemon, 'abi')
      const view = await daemon.container('abi')
      t.is(view?.message, 'Used forbidden syscalls: mkdir (2x), swapoff (1x)')
      const names = view?.calls.map(({ abi, syscall }) => `${abi} ${syscall}`)
      t.deepEqual(names?.toSorted(), ['i386 mkdir', 'i386 swapoff', 'x32 mkdir'])
    })
  }

  check("the runtime's own calls before the program's start are counted apart", async t => {
    const config = { policy: { action: 'stop', answer: 'continue', debounce: '1s' } }
    const { runtimes, daemon, profile } = await setting(t, { config })
    // Without no_new_privs the filter is loaded before capabilities and user ids are set, so these are seen.
    const names = [
      'capget',
      'capset',
      'prctl',
      'setgroups',
      'setresuid',
      'setresgid',
      'setuid',
      'setgid',
      'chdir',
      'execve',
    ]
    const bundle = runtimes.bundle({ args: ['true'], profile: profile(names), noNewPrivileges: false })
    const { code, stderr } = await runtimes.run('start-up', bundle).finished
    t.is(code, 0, stderr)
    const calls = async () => (await daemon.container('start-up'))?.calls ?? []
    await until(async () => (await calls()).some(({ syscall }) => syscall === 'execve'), 3000)
    const byPhase = (phase: string, found: Awaited<ReturnType<typeof calls>>) =>
      found.filter(call => call.phase === phase).map(({ syscall }) => syscall)
    const found = await calls()
    t.true(byPhase('init', found).includes('capset'), JSON.stringify(found))
    for (const syscall of ['capset', 'setgroups', 'setresuid']) t.false(byPhase('run', found).includes(syscall))
    // The runtime makes some forty or more; busybox itself makes one, to set its name.
    const own = found.find(({ syscall, phase }) => syscall === 'prctl' && phase === 'run')
    t.true((own?.count ?? 0) <= 1)
  })

  check('the container does not start without the daemon, and the runtime says why', async t => {
    const runtimes = createPlace(t)
    const bundle = runtimes.bundle({ args: ['true'], profile: notifying(['chroot'], join(runtimes.folder, 'l.sock')) })
    const { code, stderr } = await runtimes.run('no-daemon', bundle).finished
    t.is(code, 1)
    t.regex(
      stderr,
      runtime === 'runc'
        ? /failed to connect with seccomp agent.*no such file/
        : /open seccomp receiver.*No such file/s,
    )
  })

  check('a second daemon on the same socket refuses to start, and the first goes on', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: EPERM })
    // With a state folder of its own, whose lock would refuse it already.
    const config = { ...EPERM, stateDir: join(runtimes.folder, 'second'), http: { address: 'off' } }
    const second = await startDaemon(runtimes.folder, { config, wait: false })
    const { code, stderr } = await second.child.finished
    t.is(code, 1)
    t.regex(stderr, /another process listens on/)
    t.true(existsSync(daemon.listenerSocket))
    const bundle = runtimes.bundle({ args: ['chroot', '/', 'true'], profile: profile(['chroot']) })
    t.is((await runtimes.run('first', bundle).finished).code, 1)
    await until(async () => (await daemon.calls('first', 'chroot')) === 1, 2000)
    t.pass()
  })

  check('a killed daemon leaves nothing hanging, and its successor knows what was', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: EPERM }, ['calls-repeatedly'])
    // It goes on for as long as it is supervised, and 100 calls longer: how fast the machine is does not matter.
    const bundle = runtimes.bundle({
      args: ['calls-repeatedly', '1000000', '1000', '-1', '100'],
      profile: profile(['mkdir', 'mkdirat']),
    })
    const container = runtimes.run('orphan', bundle)
    const call = process.arch === 'x64' ? 'mkdir' : 'mkdirat'
    await until(async () => (await daemon.calls('orphan', call)) >= 100, 30_000)
    const remembered = await daemon.calls('orphan', call)
    await until(() => callsInHistory(runtimes.folder) >= remembered, 5000)
    await daemon.kill9()
    const { code, stdout } = await container.finished
    t.is(code, 0)
    const { calls, errnos, maxNs } = JSON.parse(stdout) as Tally & { maxNs: number }
    const { EPERM: answered = 0, ...orphaned } = errnos
    t.deepEqual(orphaned, { ENOSYS: 101 })
    t.is(calls, answered + 101)
    t.true(maxNs < HANGING_NS, `a call took ${maxNs / 1e6} ms`)
    const successor = await start(t, runtimes.folder, { config: EPERM })
    const known = await successor.calls('orphan', call)
    t.true(known >= remembered, `${known} of at least ${remembered} calls are remembered`)
    t.true(known <= answered, `${known} calls are remembered, and ${answered} were answered`)
  })

  check(
    'log counts every call for the whole life, and leaves the container alone',
    async t => {
      const { runtimes, daemon, profile } = await setting(t, { config: EPERM })
      const bundle = runtimes.bundle({
        args: ['sh', '-c', 'chroot /; chroot /; chroot /; sleep 10; chroot /; chroot /; echo end; exec sleep 1000'],
        profile: profile(['chroot']),
        annotations: { 'seccomp-notifyd.io/action': 'log' },
      })
      const container = runtimes.run('log', bundle)
      await container.printed('end', 20_000)
      await until(async () => (await daemon.metric(CALLS_TOTAL, { container: 'log', syscall: 'chroot' })) === 5, 2000)
      await sleep(DEBOUNCE_MS + 1000)
      t.is((await runtimes.state('log'))?.status, 'running')
    },
    'together',
  )

  check(
    'stop names all calls with their counts, five seconds after the last one',
    async t => {
      const { runtimes, daemon, profile } = await setting(t, { config: EPERM })
      const both = 'chroot /; swapoff /x;'
      const bundle = runtimes.bundle({
        // Far less than the debounce, for a machine that takes its time.
        args: ['sh', '-c', `${both} sleep ${PAUSE_MS / 1000}; ${both} exec sleep 1000`],
        profile: profile(['chroot', 'swapoff']),
        annotations: STOP,
      })
      const container = runtimes.run('stop', bundle)
      const chroots = () => daemon.metric(CALLS_TOTAL, { container: 'stop', syscall: 'chroot' })
      await until(async () => (await chroots()) === 1, 5000)
      await until(async () => (await chroots()) === 2, 5000)
      t.is((await container.finished).code, KILLED)
      await settled(daemon, 'stop')
      const view = await daemon.container('stop')
      t.is(view?.message, 'Used forbidden syscalls: chroot (2x), swapoff (2x)')
      t.is(view?.reason, 'seccomp killed')
      t.is(await daemon.metric(CRIO_TOTAL, { syscalls: 'chroot (2x), swapoff (2x)' }), 1)
      // How much later than that is the machine's affair.
      const [first = NaN, last = NaN] = [Math.min, Math.max].map(most =>
        most(...(view?.calls ?? []).map(({ lastAt }) => Date.parse(lastAt))),
      )
      const { startedAt = '', endedAt = '' } = view?.incidents[0] ?? {}
      t.true(first - Date.parse(startedAt) >= PAUSE_MS - SPARE_MS, `${startedAt} to ${first}`)
      t.true(Date.parse(endedAt) - last >= DEBOUNCE_MS - SPARE_MS, `${last} to ${endedAt}`)
      t.is(await chroots(), 2)
    },
    'together',
  )

  check('calls of short processes all belong to their container', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: EPERM })
    const args = ['sh', '-c', 'chroot / true; chroot / true; chroot / true']
    await runtimes.run('short', runtimes.bundle({ args, profile: profile(['chroot']) })).finished
    await until(async () => (await daemon.calls('short', 'chroot')) === 3, 3000)
    t.deepEqual(
      (await daemon.containers()).map(({ id }) => id),
      ['short'],
    )
    const nameless = daemon.logs().filter(line => 'container' in line && (line['container'] ?? '') === '')
    t.deepEqual(nameless, [])
  })
}

async function settled(daemon: DaemonProcess, id: string): Promise<void> {
  await until(
    async () => (await daemon.container(id))?.state === 'stopped',
    5000,
    () => `${id} is not stopped`,
  )
}

/** Connected ends of a unix socket; an accepted connection carries the path of the socket that it came by. */
function connectionsTo(path: string): number {
  const CONNECTED = '03'
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .filter(line => line.endsWith(` ${path}`) && line.split(/\s+/)[5] === CONNECTED).length
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)
