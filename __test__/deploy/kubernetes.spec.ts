/** deploy/kubernetes/: manifests of known types that give the daemon what it needs, and no way to the Kubernetes API. */

import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse, parseAllDocuments } from 'yaml'
import { defaultPaths } from '../../ts/config/default-paths.ts'
import { parseConfig } from '../../ts/index.ts'
import { runtimeClass } from '../../ts/install/engines/kubernetes.ts'
import { folderOf } from '../helpers/folder.ts'
import { validate } from '../helpers/json-schema.ts'
import { projectRoot } from '../helpers/project.ts'
import { SHIM } from '../helpers/shim.ts'

interface Mount {
  name: string
  mountPath: string
  readOnly?: boolean
}

interface Volume {
  name: string
  hostPath?: { path: string }
}

interface Container {
  command?: string[]
  args?: string[]
  ports?: Array<{ name?: string; containerPort: number }>
  livenessProbe?: { httpGet: { path: string; port: string } }
  readinessProbe?: { httpGet: { path: string; port: string } }
  securityContext?: Record<string, unknown>
  volumeMounts: Mount[]
}

interface PodSpec {
  containers: [Container]
  initContainers: [Container]
  volumes: Volume[]
  hostPID: boolean
  automountServiceAccountToken: boolean
  runtimeClassName: string
}

interface Manifest {
  kind: string
  metadata: { name: string; namespace?: string; labels?: object; annotations?: Record<string, string> }
  data: Record<string, string>
  spec: PodSpec & { selector: { matchLabels: object }; template: { metadata: { labels: object }; spec: PodSpec } }
}

const FILES = ['seccomp-notifyd.yaml', 'runtimeclass.yaml', 'nginx.yaml']
const read = (name: string) => readFileSync(join(projectRoot, 'deploy/kubernetes', name), 'utf8')
const documents = FILES.flatMap(name => parseAllDocuments(read(name)))
const manifests = documents.map(document => document.toJS() as Manifest)
const ofKind = (kind: string): Manifest => manifests.find(manifest => manifest.kind === kind) as Manifest
const { spec: pod } = ofKind('DaemonSet').spec.template
const [daemon] = pod.containers

test('manifests are YAML of types that are known, down to the last member', t => {
  const schemas = parse(readFileSync(join(projectRoot, '__test__/fixtures/kubernetes-schemas.yaml'), 'utf8')) as Record<
    string,
    Record<string, unknown>
  >
  t.deepEqual(
    documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]),
    [],
  )
  t.deepEqual(manifests.map(({ kind }) => kind).toSorted(), [
    'ConfigMap',
    'DaemonSet',
    'Namespace',
    'Pod',
    'RuntimeClass',
  ])
  for (const manifest of manifests) t.deepEqual(validate(manifest, schemas[manifest.kind] ?? {}, schemas as never), [])
  t.not(validate({ ...ofKind('Pod'), Spec: {} }, schemas['Pod'] ?? {}, schemas as never).length, 0)
})

test('what names something else names what is there', t => {
  const { metadata, spec } = ofKind('DaemonSet')
  t.deepEqual(spec.selector.matchLabels, spec.template.metadata.labels)
  for (const kind of ['ConfigMap', 'DaemonSet'])
    t.is(ofKind(kind).metadata.namespace, ofKind('Namespace').metadata.name)
  t.is(metadata.name, 'seccomp-notifyd')
  const volumes = pod.volumes.map(({ name }) => name)
  const mounted = [...pod.initContainers, ...pod.containers].flatMap(({ volumeMounts }) => volumeMounts)
  t.deepEqual([...new Set(mounted.map(({ name }) => name))].toSorted(), volumes.toSorted())
  t.is(ofKind('Pod').spec.runtimeClassName, ofKind('RuntimeClass').metadata.name)
  t.is(ofKind('Pod').metadata.annotations?.['seccomp-notifyd.io/action'], 'stop')
})

test('the RuntimeClass is the one that `runtime config` prints', t => {
  t.deepEqual(parse(read('runtimeclass.yaml')), parse(runtimeClass('notifyd')))
})

test('nothing has a way to the Kubernetes API', t => {
  t.false(pod.automountServiceAccountToken)
  t.false(ofKind('Pod').spec.automountServiceAccountToken)
  t.notRegex(FILES.map(read).join(''), /kind: (Cluster)?Role|kind: ServiceAccount|serviceAccountName|rbac\./)
})

/** Of the host, where both the host and the daemon see the same files, and may the daemon write there. */
function sees(path: string): { writable: boolean } | undefined {
  const mount = daemon.volumeMounts.find(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`))
  const volume = pod.volumes.find(({ name }) => name === mount?.name)
  if (mount === undefined || volume?.hostPath?.path !== mount.mountPath) return undefined
  return { writable: mount.readOnly !== true }
}

test('the daemon has the folders of the host that it works with', t => {
  t.true(pod.hostPID)
  t.true(daemon.securityContext?.['privileged'])
  const { listenerSocket, apiSocket, stateDir } = defaultPaths({ uid: 0, env: {} })
  const writable = [listenerSocket, apiSocket, stateDir, '/sys/fs/cgroup', '/var/lib/kubelet/pods']
  for (const path of writable) t.deepEqual(sees(path), { writable: true }, path)
  const bundles = ['/run/containerd/io.containerd.runtime.v2.task', '/run/containers/storage']
  for (const path of bundles) t.not(sees(path), undefined, path)
  t.deepEqual(sees('/var/log/pods'), { writable: false })
})

test('its configuration is one, and its probes ask where that listens', t => {
  const config = parseConfig(parse(ofKind('ConfigMap').data['config.yaml'] ?? '') as object)
  const [port] = daemon.ports ?? []
  t.is(config.http.address, `0.0.0.0:${port?.containerPort}`)
  t.deepEqual(daemon.args, ['serve', '--config', '/etc/seccomp-notifyd/config.yaml'])
  const probes = [daemon.livenessProbe?.httpGet, daemon.readinessProbe?.httpGet]
  t.deepEqual(probes, [
    { path: '/healthz', port: port?.name as string },
    { path: '/readyz', port: port?.name as string },
  ])
})

test('the shim is laid where engines are told to find it, also over one that is there', t => {
  const host = folderOf(t)
  const [init] = pod.initContainers
  const [shell = '', ...args] = init.command ?? []
  const moved = args.map(arg => arg.replaceAll('/host/libexec', host).replaceAll('/opt/seccomp-notifyd', projectRoot))
  for (let time = 0; time < 2; time++) execFileSync(shell, moved)
  for (const name of ['runc', 'crun']) {
    t.true(readFileSync(join(host, name)).equals(readFileSync(SHIM)))
    t.is(statSync(join(host, name)).mode & 0o777, 0o755)
  }
  const volume = pod.volumes.find(({ name }) => name === init.volumeMounts[0]?.name)
  t.is(volume?.hostPath?.path, '/usr/libexec/seccomp-notifyd')
})
