/** PURE: containerd's config.toml, of which Kubernetes and other users of its CRI plugin read handlers. */

import { NotifydError } from '../../errors.ts'
import type { Change } from '../changes.ts'
import { registeredIn, type Engine, type Handler, type Host, type Registered } from '../engine.ts'
import { tomlValue } from '../toml-text.ts'
import { toml } from '../toml.ts'
import { isTree, valueAt, type Tree, type Value } from '../tree.ts'

/** The section of each version of the file. */
const SECTIONS: Record<string, string> = { 2: 'io.containerd.grpc.v1.cri', 3: 'io.containerd.cri.v1.runtime' }
/** Names that switch the section off. */
const PLUGINS = new Set(['cri', ...Object.values(SECTIONS)])
/** containerd 2.0 is the first that writes the file in version 3. */
const FIRST_WITH_3 = 2

/** Without these no annotation of a pod arrives. */
const POD_ANNOTATIONS = [
  'seccomp-notifyd.io/*',
  'seccomp-notifier-action.crio.io',
  'io.kubernetes.cri-o.seccompNotifierAction',
]
/** How often the container was restarted, and where its termination message goes. */
const CONTAINER_ANNOTATIONS = ['io.kubernetes.container.*', 'io.kubernetes.pod.*']

/** What is not repeated as it stands. */
const OWN = ['options', 'pod_annotations', 'container_annotations', 'runtime_type', 'runtime_path']

export const containerd: Engine = {
  program: 'containerd',
  file: '/etc/containerd/config.toml',
  format: toml,
  reload: 'systemctl restart containerd; containers and pods go on',
  unusable,
  changes,
  registered,
}

function unusable({ disabled_plugins: disabled }: Tree): string | undefined {
  const plugin = Array.isArray(disabled)
    ? disabled.find(name => typeof name === 'string' && PLUGINS.has(name))
    : undefined
  if (plugin === undefined) return undefined
  return `disabled_plugins has ${JSON.stringify(plugin)}, so nothing would read the handler`
}

function changes(tree: Tree, { name, folder, isDefault }: Handler, host: Host): Change[] {
  const version = versionOf(tree, host)
  const section = ['plugins', SECTIONS[version] ?? '', 'containerd']
  const runc = valueAt(tree, [...section, 'runtimes', 'runc'])
  const value = handlerLike(isTree(runc) ? runc : {}, `${folder}/runc`)
  return [
    ...(Object.keys(tree).length === 0 ? [{ kind: 'head', path: ['version'], value: version } as const] : []),
    ...(isDefault ? [{ kind: 'replace', path: [...section, 'default_runtime_name'], value: name } as const] : []),
    { kind: 'own', path: [...section, 'runtimes', name], value },
  ]
}

function versionOf(tree: Tree, host: Host): 2 | 3 {
  const { version } = tree
  if (version === 2 || version === 3) return version
  if (Object.keys(tree).length === 0) return (host.version?.[0] ?? 0) >= FIRST_WITH_3 ? 3 : 2
  throw new NotifydError(
    'ERR_INSTALL',
    `its version is ${version === undefined ? 'not given, which means 1' : tomlValue(version)}, accepted: 2 and 3; \`containerd config migrate\` prints it as the newest`,
  )
}

/** What the handler of runc has, but for its executable: containers under ours are to differ in nothing else. */
function handlerLike(runc: Tree, path: string): Tree {
  return {
    runtime_type: 'io.containerd.runc.v2',
    pod_annotations: united(runc['pod_annotations'], POD_ANNOTATIONS),
    container_annotations: united(runc['container_annotations'], CONTAINER_ANNOTATIONS),
    ...written(runc, OWN),
    options: { ...written(isTree(runc['options']) ? runc['options'] : {}, []), BinaryName: path },
  }
}

/** Without what a dump of all settings says of unset ones. */
function written(tree: Tree, without: readonly string[]): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([key, value]) => !without.includes(key) && isSet(value)))
}

function isSet(value: Value): boolean {
  return value !== '' && !(Array.isArray(value) && value.length === 0)
}

function united(there: Value | undefined, wanted: readonly string[]): Value[] {
  const kept = Array.isArray(there) ? there : []
  return [...kept, ...wanted.filter(each => !kept.includes(each))]
}

function registered(tree: Tree): Registered[] {
  return Object.values(SECTIONS).flatMap(section => {
    const runtimes = ['plugins', section, 'containerd', 'runtimes']
    const found = registeredIn(tree, runtimes, runtime =>
      isTree(runtime) ? valueAt(runtime, ['options', 'BinaryName']) : undefined,
    )
    return found.map(each => ({ ...each, annotations: annotationsOf(valueAt(tree, [...runtimes, each.name])) }))
  })
}

function annotationsOf(runtime: Value | undefined): string[] {
  const patterns = isTree(runtime) ? runtime['pod_annotations'] : undefined
  return Array.isArray(patterns) ? patterns.filter(each => typeof each === 'string') : []
}
