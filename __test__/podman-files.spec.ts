import test from 'ava'
import { monitoredName, parentPid, parsePodmanStore, podmanFiles } from '../ts/podman-files.ts'

const ID = 'c0ffee'.padEnd(64, '0')
const OTHER = 'beef'.padEnd(64, '0')
const mount = (source: string) => ({ destination: '/etc/hosts', source, type: 'bind', options: [] })
const stores = (...folders: string[]) =>
  folders.flatMap(folder => [`${folder}/containers.json`, `${folder}/volatile-containers.json`])

test('the stores are beside the bundle, and below the run root that mounts are from', t => {
  const [root, run] = ['/var/lib/containers/storage/overlay-containers', '/run/containers/storage/overlay-containers']
  const mounts = [mount(`${run}/${ID}/userdata/hosts`), mount(`${root}/${ID}/userdata/shm`), mount('proc')]
  t.deepEqual(podmanFiles(`${root}/${ID}/userdata`, mounts, ID), stores(root, run))
})

test('no other path leads to a store', t => {
  for (const path of [
    '/etc',
    `/x-containers/${ID}/userdata`,
    `/a/vfs-containers/${OTHER}/userdata`,
    `a/vfs-containers/${ID}/userdata`,
  ])
    t.deepEqual(podmanFiles(path, [mount(path)], ID), [], path)
  t.deepEqual(podmanFiles('/a/vfs-containers/../userdata', [], '..'), [])
})

test('the store tells name and image', t => {
  const container = {
    id: ID,
    names: ['web', 'alias'],
    layer: 'l',
    metadata: '{"image-name":"localhost/web:1","name":"old"}',
  }
  const store = JSON.stringify([{ id: OTHER, names: ['db'], metadata: '{}' }, container])
  t.deepEqual(parsePodmanStore(store, ID), { name: 'web', image: 'localhost/web:1' })
  t.deepEqual(parsePodmanStore(store, OTHER), { name: 'db', image: undefined })
})

test('what is not in the store, or no store, tells nothing', t => {
  for (const json of ['[]', '{}', 'null', JSON.stringify([{ id: ID, names: 'web' }]), '[null,7]'])
    t.is(parsePodmanStore(json, ID), undefined, json)
  t.deepEqual(parsePodmanStore(JSON.stringify([{ id: ID, names: null }]), ID), { name: undefined, image: undefined })
  const odd = JSON.stringify([{ id: ID, names: [''], metadata: '{"image-name":7}' }])
  t.deepEqual(parsePodmanStore(odd, ID), { name: undefined, image: undefined })
})

test("the monitor's command line tells the name, of its own container only", t => {
  const line = (...args: string[]) => `${args.join('\0')}\0`
  const conmon = line(
    '/usr/bin/conmon',
    '--api-version',
    '1',
    '-c',
    ID,
    '-u',
    ID,
    '-n',
    'web',
    '--exit-command-arg',
    '-n',
  )
  t.is(monitoredName(conmon, ID), 'web')
  t.is(monitoredName(conmon, OTHER), undefined)
  t.is(monitoredName(line('/usr/bin/notconmon', '-c', ID, '-n', 'web'), ID), undefined)
  t.is(monitoredName(line('conmon', '-c', ID), ID), undefined)
  t.is(monitoredName(line('conmon', '-c', ID, '-n'), ID), undefined)
  t.is(monitoredName('', ID), undefined)
})

test('a parent is found behind a name that looks like more members', t => {
  t.is(parentPid('42 (a) R 7 (b) S 1 2) S 40 42 42 0 -1'), 40)
  t.is(parentPid('42 (sh) S 40 42'), 40)
  for (const odd of ['', '42 (sh', '42 (sh) S', 'x']) t.is(parentPid(odd), 0)
})
