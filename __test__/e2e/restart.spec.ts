/** A daemon whose service manager keeps its listeners is killed and restarted; its containers notice nothing but time. */

import test, { type ExecutionContext } from 'ava'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from '../../ts/profiles.ts'
import { sleep, until } from '../helpers/child.ts'
import { notifying, type RuntimeName, type Runtimes } from '../helpers/containers.ts'
import { MKDIR, readTallies, startFakeRuntime, sumTallies } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'
import { startManaged, type Managed } from '../helpers/service-manager.ts'

/** What the profile says is EPERM; without its program the answer would be this. */
const CONFIG = { policy: { errno: 'EACCES' } }
const DENIES_MKDIR = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
})
/** Makes a call whenever it is told to, and writes down what became of it. */
const OBEDIENT =
  'n=1; echo up; while :; do if [ -e /tmp/go$n ]; then mkdir /tmp/d 2>/tmp/out$n; echo done >>/tmp/out$n; n=$((n+1)); fi; sleep 0.05; done'
const DENIED = /Operation not permitted\ndone/

interface Obedient {
  /** Lets the container make its next call. */
  go(): void
  /** What became of it; undefined while it waits. */
  outcome(): string | undefined
}

function obedient({ folder }: Runtimes): Obedient {
  let calls = 0
  const place = (name: string) => join(folder, 'rootfs/tmp', `${name}${calls}`)
  return {
    go() {
      calls += 1
      writeFileSync(place('go'), '')
    },
    outcome() {
      const text = existsSync(place('out')) ? readFileSync(place('out'), 'utf8') : ''
      return text.endsWith('done\n') ? text : undefined
    },
  }
}

async function profileFor(managed: Managed) {
  const { program } = await compile({ profile: DENIES_MKDIR })
  const listenerMetadata = JSON.stringify({ v: 1, program: program.toString('base64') })
  return notifying(['mkdir', 'mkdirat'], managed.daemon.listenerSocket, { listenerMetadata })
}

/** What is written for the next daemon, a text for each container. */
function written(folder: string): string[] {
  const path = join(folder, 'kept/containers')
  return readdirSync(path)
    .filter(name => name.endsWith('.json'))
    .flatMap(name => readIfThere(join(path, name)))
}

/** A container may end at any time. */
function readIfThere(file: string): string[] {
  try {
    return [readFileSync(file, 'utf8')]
  } catch {
    return []
  }
}

function countsWritten(folder: string): number {
  const rows = written(folder).flatMap(text => (JSON.parse(text) as { calls: { count: number }[] }).calls)
  return rows.reduce((sum, { count }) => sum + count, 0)
}

async function isDenied(t: ExecutionContext, container: Obedient): Promise<void> {
  await until(() => container.outcome() !== undefined, 5_000)
  t.regex(container.outcome() ?? '', DENIED)
}

async function onlyRecord(managed: Managed, id: string) {
  const found = (await managed.daemon.containers()).filter(each => each.id === id)
  return { records: found.length, key: found[0]?.key, state: found[0]?.state }
}

function define(runtime: RuntimeName): void {
  const { check, createPlace } = checksUnder(runtime)
  // runc names its cgroup for it, and other tests have a container called web.
  const id = `survivor-${process.pid}`

  check('after kill -9 a call that waited gets its verdict, and the same entry goes on', async t => {
    const runtimes = createPlace(t)
    const managed = await startManaged(t, runtimes.folder, { config: CONFIG })
    const { daemon } = managed
    t.is((await daemon.get('/readyz')).body, 'ok\nlisteners survive a restart: yes\n')
    const container = obedient(runtimes)
    const bundle = runtimes.bundle({ args: ['sh', '-c', OBEDIENT], profile: await profileFor(managed) })
    await runtimes.run(id, bundle).printed('up')
    await managed.stores(1)
    container.go()
    await isDenied(t, container)
    await until(async () => (await daemon.calls(id, 'mkdir')) === 1, 4000)
    await until(() => countsWritten(runtimes.folder) === 1, 4000)
    t.true((await daemon.container(id))?.survivesRestart)
    const before = await onlyRecord(managed, id)

    await managed.kill()
    container.go()
    await sleep(500)
    t.is(container.outcome(), undefined, 'a call waits for the next daemon')
    await managed.start()
    await isDenied(t, container)
    await until(async () => (await daemon.calls(id, 'mkdir')) === 2, 4000)
    t.deepEqual(await onlyRecord(managed, id), { ...before, records: 1 })
    await daemon.child.printed('container goes on after a restart of the daemon')

    const { stderr } = await runtimes.exec(id, ['mkdir', '/tmp/e'])
    t.regex(stderr, /Operation not permitted/)
    await until(async () => (await daemon.calls(id, 'mkdir')) === 3, 4000)
    t.deepEqual(await onlyRecord(managed, id), { ...before, records: 1 })
    await managed.stores(1)
  })

  check('a stop of the unit for good leaves no call waiting, and the next daemon says who is unsupervised', async t => {
    const runtimes = createPlace(t)
    const managed = await startManaged(t, runtimes.folder, { config: CONFIG })
    const container = obedient(runtimes)
    const bundle = runtimes.bundle({ args: ['sh', '-c', OBEDIENT], profile: await profileFor(managed) })
    await runtimes.run(id, bundle).printed('up')
    await managed.stores(1)
    await managed.terminate()
    container.go()
    await managed.flush()
    await until(() => container.outcome() !== undefined, 5_000)
    t.regex(container.outcome() ?? '', /Function not implemented/)
    await managed.start()
    t.is((await managed.daemon.container(id))?.state, 'unsupervised')
    await managed.daemon.child.printed('containers lost their daemon')
    t.deepEqual(written(runtimes.folder), [])
  })

  async function withIncident(t: ExecutionContext, debounce: string) {
    const runtimes = createPlace(t)
    const config = { policy: { ...CONFIG.policy, action: 'stop', debounce, maxDelay: '30m' } }
    const managed = await startManaged(t, runtimes.folder, { config })
    const container = obedient(runtimes)
    const bundle = runtimes.bundle({ args: ['sh', '-c', OBEDIENT], profile: await profileFor(managed) })
    const running = runtimes.run(id, bundle)
    await running.printed('up')
    await managed.stores(1)
    container.go()
    await isDenied(t, container)
    return { runtimes, managed, running }
  }

  check('an open incident goes on over a restart, with the time when it is due', async t => {
    const { runtimes, managed } = await withIncident(t, '20m')
    const { daemon } = managed
    await until(() => written(runtimes.folder).join('').includes('"span":{'), 4000)
    const open = (await daemon.container(id))?.openIncident ?? undefined
    await managed.kill()
    await managed.start()
    t.is(secondsOf(open), 1200)
    t.is(secondsOf((await daemon.container(id))?.openIncident ?? undefined), 1200)
    t.like(await daemon.container(id), { state: 'running', incidentsTotal: 0 })
  })

  check('a container whose daemon is restarted during the debounce is stopped for what it did before', async t => {
    const { managed, running } = await withIncident(t, '3s')
    const { daemon } = managed
    await managed.terminate()
    await managed.start()
    t.is((await running.finished).code, 137)
    await until(async () => (await daemon.container(id))?.state === 'stopped', 4000)
    t.like(await daemon.container(id), { reason: 'seccomp killed', message: 'Used forbidden syscalls: mkdir (1x)' })
    t.is((await daemon.container(id))?.incidentsTotal, 1)
  })
}

/** From its first call to when it is due: dates are made from a wall clock, which may be set meanwhile. */
function secondsOf(open: { startedAt: string; dueAt: string } | undefined): number | undefined {
  return open && Math.round((Date.parse(open.dueAt) - Date.parse(open.startedAt)) / 1000)
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)

const CONTAINERS = 20

/** Calls with hardly a pause, in as many containers. */
function flood(managed: Managed, each: number) {
  const args = ['--id', 'busy', '--copies', String(CONTAINERS), '--call', MKDIR]
  const program = [guest('calls-repeatedly'), String(each), '500', '-1', '0']
  return startFakeRuntime(managed.daemon.listenerSocket, [...args, '--', ...program], { deadlineMs: 150_000 })
}

test.serial('clean restarts under load lose no call, no count, and fail none', async t => {
  t.timeout(170_000)
  const folder = folderOf(t)
  const managed = await startManaged(t, folder, { config: CONFIG })
  const each = 3000
  const all = CONTAINERS * each
  const runtime = flood(managed, each)
  await managed.stores(CONTAINERS)
  for (let restart = 0; restart < 3; restart++) {
    await sleep(300)
    await managed.terminate()
    await managed.start()
  }
  const { stdout } = await runtime.finished
  t.is(readTallies(stdout).length, CONTAINERS)
  t.deepEqual(sumTallies(stdout), { calls: all, errnos: { EACCES: all } })
  await until(async () => (await managed.daemon.total()) === all, 4000)
  t.is((await managed.daemon.containers()).length, CONTAINERS)
  t.is(managed.daemon.logs().filter(({ msg }) => msg === 'container goes on unsupervised').length, 0)
})

test.serial('daemons that are killed under load leave no call waiting, and fail none', async t => {
  t.timeout(170_000)
  const folder = folderOf(t)
  const managed = await startManaged(t, folder, { config: CONFIG })
  const each = 20_000
  const all = CONTAINERS * each
  const runtime = flood(managed, each)
  await managed.stores(CONTAINERS)
  let known = 0
  for (let death = 0; death < 3; death++) {
    await until(() => countsWritten(folder) > known, 20_000)
    known = countsWritten(folder)
    await managed.kill()
    await managed.start()
    t.true((await managed.daemon.total()) >= known)
  }
  const { stdout } = await runtime.finished
  t.is(readTallies(stdout).length, CONTAINERS)
  t.deepEqual(sumTallies(stdout), { calls: all, errnos: { EACCES: all } })
  await until(async () => (await managed.daemon.containers()).every(({ state }) => state === 'exited'), 4000)
  const counted = await managed.daemon.total()
  t.true(counted >= known && counted <= all, `${counted} of ${all} calls are counted, ${known} were written down`)
})

test('without a store nothing survives, and that is said', async t => {
  const folder = folderOf(t)
  const managed = await startManaged(t, folder, { config: CONFIG, most: 0 })
  t.is((await managed.daemon.get('/readyz')).body, 'ok\nlisteners survive a restart: no\n')
  const runtime = startFakeRuntime(managed.daemon.listenerSocket, ['--id', 'web', '--go'], { input: 'pipe' })
  await until(async () => (await managed.daemon.container('web'))?.survivesRestart === false, 4000)
  await until(() => readFileSync(join(folder, 'daemon/history.jsonl'), 'utf8').includes('"web"'), 4000)
  await managed.kill()
  runtime.process.stdin?.end()
  t.deepEqual(sumTallies((await runtime.finished).stdout).errnos, { ENOSYS: 1 })
  await managed.start()
  t.is((await managed.daemon.container('web'))?.state, 'unsupervised')
})
