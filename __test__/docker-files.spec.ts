import test from 'ava'
import type { BundleMount } from '../ts/bundle.ts'
import { dockerFiles, parseDockerFile } from '../ts/docker-files.ts'

const ID = 'c0ffee'.padEnd(64, '0')
const OTHER = 'beef'.padEnd(64, '0')
const mount = (destination: string, source: string): BundleMount => ({ destination, source, type: 'bind', options: [] })

test('the file is that of the container, in the folder that its mounts are from', t => {
  const own = [
    mount('/etc/resolv.conf', `/var/lib/docker/containers/${ID}/resolv.conf`),
    mount('/etc/hosts', `/var/lib/docker/containers/${ID}/hosts`),
  ]
  t.deepEqual(dockerFiles(own, ID), [`/var/lib/docker/containers/${ID}/config.v2.json`])
})

test("with another container's network the mounts are the other's, and the file is still the own one", t => {
  const shared = [mount('/etc/hosts', `/data/containers/${OTHER}/hosts`)]
  t.deepEqual(dockerFiles(shared, ID), [`/data/containers/${ID}/config.v2.json`])
})

test('a mount of the user leads nowhere, or only to one more file that has to name the container', t => {
  t.deepEqual(dockerFiles([mount('/etc/hosts', '/etc/hosts'), mount('/x', `/a/containers/${ID}/hosts`)], ID), [])
  t.deepEqual(dockerFiles([mount('/etc/hosts', `/a/containers/../containers/${ID}/hostname`)], ID), [])
  t.deepEqual(dockerFiles([mount('/etc/hosts', `containers/${ID}/hosts`)], ID), [])
})

test('an id that is none of Docker makes no path', t => {
  const mounts = [mount('/etc/hosts', `/data/containers/${OTHER}/hosts`)]
  for (const hostile of ['..', '../../etc', 'web', ID.toUpperCase(), `${ID}\n`, ''])
    t.deepEqual(dockerFiles(mounts, hostile), [])
})

test('name, image and labels are read', t => {
  const Config = { Image: 'busybox:test', Labels: { 'io.kubernetes.pod.name': 'shop-0' }, Env: ['A=1'] }
  t.deepEqual(parseDockerFile(JSON.stringify({ ID, Name: '/web', Config, State: {} }), ID), {
    engine: 'docker',
    name: 'web',
    image: 'busybox:test',
    labels: Config.Labels,
  })
})

test("another container's file, and what is none of Docker's, tells nothing", t => {
  t.is(parseDockerFile(JSON.stringify({ ID: OTHER, Name: '/web' }), ID), undefined)
  for (const json of ['[]', '7', 'null', JSON.stringify({ ID, Name: 7 })]) t.is(parseDockerFile(json, ID), undefined)
  t.throws(() => parseDockerFile('{', ID))
})

test('what is missing is not known', t => {
  const nothing = { engine: 'docker', name: undefined, image: undefined, labels: {} } as const
  t.deepEqual(parseDockerFile(JSON.stringify({ ID }), ID), nothing)
  t.deepEqual(parseDockerFile(JSON.stringify({ ID, Name: '/', Config: { Labels: null } }), ID), nothing)
})
