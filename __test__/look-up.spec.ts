/** What is found in folders that look as engines leave them. */

import test from 'ava'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorText } from '../ts/errors.ts'
import type { Handed } from '../ts/identity.ts'
import { lookUpOf } from '../ts/look-up.ts'
import { folderOf } from './helpers/folder.ts'

const ID = 'c0ffee'.padEnd(64, '0')
const CRI = {
  'io.kubernetes.cri.container-type': 'container',
  'io.kubernetes.cri.container-name': 'web',
  'io.kubernetes.cri.sandbox-name': 'shop-0',
  'io.kubernetes.cri.sandbox-namespace': 'prod',
  'io.kubernetes.cri.sandbox-uid': 'u-1',
}

function put(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
}

function look(handed: Partial<Handed>, folder: string, initPid?: number) {
  const places = { podLogs: join(folder, 'pods'), proc: join(folder, 'proc') }
  return lookUpOf({ id: ID, bundle: folder, annotations: {}, ...handed }, initPid, places)?.()
}

function dockerIn(folder: string, namespace = 'moby') {
  const bundle = join(folder, 'io.containerd.runtime.v2.task', namespace, ID)
  const source = join(folder, 'data/containers', ID, 'hosts')
  put(join(bundle, 'config.json'), { mounts: [{ destination: '/etc/hosts', source, type: 'bind' }] })
  return { bundle, file: join(dirname(source), 'config.v2.json') }
}

function podmanIn(folder: string) {
  const store = join(folder, 'storage/vfs-containers')
  const bundle = join(store, ID, 'userdata')
  put(join(bundle, 'config.json'), {})
  return { handed: { bundle, annotations: { 'io.container.manager': 'libpod' } }, store }
}

function process(folder: string, pid: number, parent: number, ...args: string[]): void {
  put(join(folder, 'proc', String(pid), 'stat'), `${pid} (x) S ${parent} 0`)
  put(join(folder, 'proc', String(pid), 'cmdline'), `${args.join('\0')}\0`)
}

test('where the hand-over tells everything, nothing is read', t => {
  t.is(lookUpOf({ id: 'web', bundle: '/b', annotations: {} }, 1), undefined)
  t.is(lookUpOf({ id: 'web', bundle: '/r/io.containerd.runtime.v2.task/blue/web', annotations: {} }, 1), undefined)
  t.is(lookUpOf({ id: ID, bundle: '/b', annotations: { 'io.container.manager': 'cri-o' } }, 1), undefined)
  const annotations = { ...CRI, 'io.kubernetes.container.restartCount': '1' }
  t.is(lookUpOf({ id: ID, bundle: '/b', annotations }, 1), undefined)
})

test('Docker: by the mounts of the bundle, whatever its namespace', async t => {
  const folder = folderOf(t)
  for (const namespace of ['moby', 'own']) {
    const { bundle, file } = dockerIn(folder, namespace)
    put(file, { ID, Name: '/web', Config: { Image: 'busybox' } })
    t.deepEqual(await look({ bundle }, folder), { engine: 'docker', name: 'web', image: 'busybox', labels: {} })
  }
})

test("Docker: a file that is not to be read is a problem, another engine's containers have none", async t => {
  const folder = folderOf(t)
  const { bundle, file } = dockerIn(folder)
  t.regex(
    errorText(await t.throwsAsync(async () => look({ bundle }, folder))),
    /could not find its name: could not read .*: ENOENT/,
  )
  put(join(folder, 'target'), { ID, Name: '/web' })
  mkdirSync(dirname(file), { recursive: true })
  symlinkSync(join(folder, 'target'), file)
  t.regex(errorText(await t.throwsAsync(async () => look({ bundle }, folder))), /ELOOP/)
  t.deepEqual(await look({ bundle: dockerIn(folder, 'own').bundle }, folder), {})
})

test('Podman: the store, and the monitor where the store does not know the container', async t => {
  const folder = folderOf(t)
  const { handed, store } = podmanIn(folder)
  process(folder, 30, 20, 'runc', 'init')
  process(folder, 20, 10, '/usr/sbin/runc', 'create', ID)
  process(folder, 10, 1, '/usr/bin/conmon', '-c', ID, '-n', 'by-monitor')
  t.deepEqual(await look(handed, folder, 30), { name: 'by-monitor' })
  put(join(store, 'containers.json'), [])
  t.deepEqual(await look(handed, folder, 30), { name: 'by-monitor' })
  put(join(store, 'volatile-containers.json'), [{ id: ID, names: ['by-store'], metadata: '{"image-name":"web:1"}' }])
  t.deepEqual(await look(handed, folder, 30), { name: 'by-store', image: 'web:1' })
})

test('Podman: without store and monitor the reason is told', async t => {
  const folder = folderOf(t)
  const { handed } = podmanIn(folder)
  process(folder, 30, 1, 'runc', 'init')
  for (const pid of [undefined, 30, 4242])
    t.regex(
      errorText(await t.throwsAsync(async () => look(handed, folder, pid))),
      /could not find its name: .*containers\.json.*ENOENT/,
    )
})

test("containerd under Kubernetes: the attempt is that of the kubelet's newest log", async t => {
  const folder = folderOf(t)
  for (const name of ['0.log', '3.log', '2.log']) put(join(folder, 'pods/prod_shop-0_u-1/web', name), '')
  t.deepEqual(await look({ annotations: CRI }, folder), { attempt: 3 })
})

test('parts that are no names of Kubernetes lead to no folder', t => {
  t.is(look({ annotations: { ...CRI, 'io.kubernetes.cri.container-name': '../../..' } }, '/nowhere'), undefined)
})
