/** A daemon whose containers have their name in a file, in the manner of Podman. */

import test, { type ExecutionContext } from 'ava'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './helpers/child.ts'
import { settle } from './helpers/clock.ts'
import { INIT, startFake } from './helpers/daemon.ts'
import { folderOf } from './helpers/folder.ts'

const ID = 'c0ffee'.padEnd(64, '0')
const OWN = 'seccomp_notifyd_container_calls_total'
const CRIO = 'container_runtime_crio_containers_seccomp_notifier_count_total'
const TOTAL = 'seccomp_notifyd_calls_total'

function podman(t: ExecutionContext) {
  const store = join(folderOf(t), 'vfs-containers')
  const bundle = join(store, ID, 'userdata')
  mkdirSync(bundle, { recursive: true })
  writeFileSync(join(bundle, 'config.json'), '{}')
  const file = join(store, 'containers.json')
  writeFileSync(file, JSON.stringify([{ id: ID, names: ['web'], metadata: '{"image-name":"localhost/web:1"}' }]))
  return { file, options: { init: INIT, state: { bundle, annotations: { 'io.container.manager': 'libpod' } } } }
}

test('a container is there at once, and gets its name; it is counted under that alone', async t => {
  const { daemon, fake, logs, metric } = await startFake(t)
  const told: string[] = []
  daemon.on('named', ({ name, image }) => void told.push(`${name} ${image}`))
  const listener = fake.attach(ID, podman(t).options)
  fake.call(listener, 'chroot', { times: 2 })
  t.like(daemon.container(ID), { name: ID, engine: 'podman', image: null })
  t.is(await metric(OWN, { container: 'web', syscall: 'chroot' }), 2)
  fake.call(listener, 'chroot')
  t.is(await metric(OWN), 3)
  t.is(await metric(OWN, { container: 'web' }), 3)
  t.is(await metric(TOTAL), 3)
  t.like(daemon.container(ID), { name: 'web', engine: 'podman', image: 'localhost/web:1', warnings: [] })
  t.deepEqual(told, ['web localhost/web:1'])
  const named = logs.filter(({ text }) => text.startsWith('container ')).map(({ text, container }) => [text, container])
  t.like(named, [
    ['container attached', { name: ID, engine: 'podman' }],
    ['container named', { name: 'web', image: 'localhost/web:1', engine: 'podman', id: ID }],
  ])
})

test("CRI-O's counter has the name too, though the incident was over before", async t => {
  const { fake, clock, metric } = await startFake(t)
  fake.call(fake.attach(ID, podman(t).options), 'chroot')
  // No promise settles meanwhile.
  clock.advance(20_000)
  t.is(await metric(CRIO, { name: 'web', syscalls: 'chroot (1x)' }), 1)
  t.is(await metric(CRIO), 1)
})

test('one that has ended before its name was found has it in the history, also of the next daemon', async t => {
  const { daemon, fake, clock, metric, again } = await startFake(t)
  const listener = fake.attach(ID, podman(t).options)
  fake.call(listener, 'chroot')
  fake.detach(listener)
  clock.advance(100)
  t.like(daemon.container(ID), { name: ID, state: 'exited' })
  t.is(await metric(OWN, { container: 'web' }), 1)
  t.like(daemon.container(ID), { name: 'web', state: 'exited', image: 'localhost/web:1' })
  t.is(daemon.containers().length, 1)
  await clock.pass(400_000)
  t.is(await metric(OWN), 0)
  await daemon.close()
  t.like((await again()).daemon.container(ID), { name: 'web', engine: 'podman', image: 'localhost/web:1' })
})

test('a daemon that ends at once still finds the name', async t => {
  const { daemon, fake, again } = await startFake(t)
  fake.attach(ID, podman(t).options)
  daemon.containers()
  await daemon.close()
  t.is((await again()).daemon.container(ID)?.name, 'web')
})

test('where the name is not found the id counts, and a warning says why', async t => {
  const { daemon, fake, metric } = await startFake(t)
  const { file, options } = podman(t)
  rmSync(file)
  fake.call(fake.attach(ID, options), 'chroot')
  t.is(daemon.container(ID)?.name, ID)
  t.is(await metric(OWN, { container: ID }), 1)
  t.regex(
    daemon.container(ID)?.warnings.join() ?? '',
    /^could not find its name: could not read .*containers\.json.*ENOENT/,
  )
})

test('a program that is executed in a container asks for no name again', async t => {
  const { daemon, fake, metric } = await startFake(t)
  const { file, options } = podman(t)
  let named = 0
  daemon.on('named', () => void (named += 1))
  fake.attach(ID, options)
  t.is(await metric(OWN), 0)
  await until(() => daemon.container(ID)?.name === 'web', 10_000)
  rmSync(file)
  const exec = fake.attach(ID, { ...options, state: { ...options.state, status: 'running' } })
  fake.call(exec, 'chroot')
  t.is(await metric(OWN, { container: 'web' }), 1)
  await settle()
  t.is(named, 1)
  t.deepEqual(daemon.container(ID)?.warnings, [])
})
