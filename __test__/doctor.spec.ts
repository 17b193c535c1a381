/** What `doctor` says of engines in whose configurations the shim stands. */

import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { examine, type Finding } from '../ts/doctor.ts'
import type { Native } from '../ts/native.ts'
import { folderOf } from './helpers/folder.ts'
import { SHIM } from './helpers/shim.ts'

const KERNEL = { probeKernel: async () => ({ release: '6.1', features: [] }) } as unknown as Native

interface Place {
  folder: string
  examine(): Promise<Record<string, Finding>>
}

/** A host with these texts as its configurations. */
function place(t: Parameters<typeof folderOf>[0], texts: (folder: string) => Record<string, string>): Place {
  const folder = folderOf(t)
  mkdirSync(join(folder, 'ours'))
  copyFileSync(SHIM, join(folder, 'ours/runc'))
  copyFileSync(SHIM, join(folder, 'ours/crun'))
  const engines = { docker: '', containerd: '', podman: '', crio: '' }
  const written = texts(folder)
  for (const name of Object.keys(engines) as (keyof typeof engines)[]) {
    engines[name] = join(folder, name)
    if (written[name] !== undefined) writeFileSync(engines[name], written[name])
  }
  const runtime = join(folder, 'runtime.json')
  writeFileSync(runtime, JSON.stringify({ listener: join(folder, 'l.sock') }))
  return {
    folder,
    async examine() {
      const { findings } = await examine(KERNEL, { engines, runtime })
      return Object.fromEntries(findings.map(finding => [finding.name, finding]))
    },
  }
}

const everywhere = (folder: string) => ({
  docker: JSON.stringify({ runtimes: { ours: { path: `${folder}/ours/runc` }, nvidia: { path: '/usr/bin/nvidia' } } }),
  containerd: `version = 3
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.ours]
pod_annotations = ["seccomp-notifyd.io/*"]
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.ours.options]
BinaryName = "${folder}/ours/runc"
`,
  podman: `[engine.runtimes]\nours = ["${folder}/ours/crun"]\n`,
  crio: `[crio.runtime.runtimes.ours]\nruntime_path = "${folder}/ours/crun"\n`,
})

test('where the shim is registered is found in the configuration of each engine, and nothing else is', async t => {
  const { folder, examine: look } = place(t, everywhere)
  const found = await look()
  for (const [engine, name] of Object.entries({ docker: 'runc', containerd: 'runc', podman: 'crun', crio: 'crun' })) {
    t.deepEqual(found[`shim in ${engine}`], {
      name: `shim in ${engine}`,
      status: 'ok',
      detail: `registered as ours: ${folder}/ours/${name} is this package's`,
    })
  }
  t.is(Object.keys(found).filter(name => name.startsWith('shim in ')).length, 4)
})

test('an executable of another version, or none, is told', async t => {
  const { folder, examine: look } = place(t, at => ({
    docker: JSON.stringify({ runtimes: { ours: { path: `${at}/ours/runc` } } }),
    podman: `[engine.runtimes]\nours = ["${at}/seccomp-notifyd/crun"]\n`,
  }))
  appendFileSync(join(folder, 'ours/runc'), 'x')
  const found = await look()
  t.is(found['shim in docker']?.status, 'warn')
  t.regex(found['shim in docker']?.detail ?? '', /is another version than this package's; `runtime install` renews it$/)
  t.is(found['shim in podman']?.status, 'warn')
  t.regex(found['shim in podman']?.detail ?? '', /is not there, so no container starts under that name/)
})

test('a handler that no annotation reaches is told', async t => {
  const { examine: look } = place(t, at => ({
    containerd: everywhere(at).containerd.replace('"seccomp-notifyd.io/*"', '"other/*"'),
  }))
  const { status, detail } = (await look())['shim in containerd'] ?? {}
  t.is(status, 'warn')
  t.regex(detail ?? '', /its pod_annotations lack seccomp-notifyd\.io\/\*, so nothing that a pod asks for arrives$/)
})

test('whether a daemon listens where the shim looks is told, once it is registered', async t => {
  const { folder, examine: look } = place(t, everywhere)
  const path = join(folder, 'l.sock')
  t.like((await look())['shim socket'], { status: 'warn' })
  const server = createServer().listen(path)
  t.teardown(() => server.close())
  await new Promise(resolve => server.once('listening', resolve))
  t.deepEqual((await look())['shim socket'], {
    name: 'shim socket',
    status: 'ok',
    detail: `a daemon listens at ${path}`,
  })
  t.is((await place(t, () => ({})).examine())['shim socket'], undefined)
})

test('a configuration that cannot be read is told with its place', async t => {
  const { examine: look } = place(t, () => ({ docker: '{,}' }))
  const { status, detail } = (await look())['shim in docker'] ?? {}
  t.is(status, 'warn')
  t.regex(detail ?? '', /it is no JSON: line 1, column 2/)
})
