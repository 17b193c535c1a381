/** PURE: what people call a container, from its annotations alone. Engines without any are named elsewhere. */

import { clip } from './clip.ts'
import type { ContainerState } from './native.ts'

type Described = Pick<ContainerState, 'id' | 'annotations'>

const MAX_NAME_CHARS = 256

interface Pod {
  container: string
  pod: string
  namespace: string
  uid: string | undefined
  attempt: string | undefined
}

/** The kubelet's form `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>`, the engine's name, or the id. */
export function nameOf({ id, annotations }: Described): string {
  const pod = podOf(annotations)
  const name = crioName(annotations) ?? (pod && kubeletName(pod)) ?? annotations['nerdctl/name'] ?? id
  return clip(name, MAX_NAME_CHARS)
}

/**
 * What stays the same when an orchestrator starts a container again: namespace, pod and container where the
 * annotations tell, else the id without a trailing hash or attempt (`web-7f9c1d22`, `job_3`).
 */
export function workloadOf({ id, annotations }: Described): string {
  const pod = podOf(annotations)
  if (pod !== undefined) return clip(`${pod.namespace}/${pod.pod}/${pod.container}`, MAX_NAME_CHARS)
  return clip(annotations['nerdctl/name'] ?? withoutSuffix(id), MAX_NAME_CHARS)
}

function crioName(annotations: Described['annotations']): string | undefined {
  // Podman uses CRI-O's keys as well, but for something else.
  return annotations['io.container.manager'] === 'cri-o' ? annotations['io.kubernetes.cri-o.Name'] : undefined
}

function podOf(annotations: Described['annotations']): Pod | undefined {
  const read = (...keys: string[]) => keys.map(key => annotations[key]).find(value => value !== undefined)
  const isSandbox = read('io.kubernetes.cri.container-type') === 'sandbox'
  const container =
    read('io.kubernetes.cri.container-name', 'io.kubernetes.container.name') ?? (isSandbox ? 'POD' : undefined)
  const pod = read('io.kubernetes.cri.sandbox-name', 'io.kubernetes.pod.name')
  const namespace = read('io.kubernetes.cri.sandbox-namespace', 'io.kubernetes.pod.namespace')
  if (container === undefined || pod === undefined || namespace === undefined) return undefined
  const uid = read('io.kubernetes.cri.sandbox-uid', 'io.kubernetes.pod.uid')
  return { container, pod, namespace, uid, attempt: read('io.kubernetes.container.restartCount') }
}

function kubeletName({ container, pod, namespace, uid, attempt }: Pod): string {
  return ['k8s', container, pod, namespace, uid, attempt].filter(part => part !== undefined).join('_')
}

function withoutSuffix(id: string): string {
  const stem = id.replace(/(?:-[0-9a-f]{6,}|[-_][0-9]{1,5})$/, '')
  return stem === '' ? id : stem
}
