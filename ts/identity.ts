/** PURE: who a container is to people, from what its engine tells of it. */

import { clip } from './clip.ts'
import { engineOf, taskNamespace, type Engine } from './engine.ts'
import { kubeletName, podOf, type Annotations } from './pod.ts'

/** Where a container is from. All of it is the engine's or its user's text. */
export interface Origin {
  engine: Engine | null
  /** As it was asked for. */
  image: string | null
  /** Kubernetes' namespace of the pod; without a pod, containerd's. */
  namespace: string | null
  /** Its name; of Podman's pods the id. */
  pod: string | null
  podUid: string | null
  /** What the pod calls the container. */
  podContainer: string | null
  /** How many times the pod's container was started before. */
  attempt: number | null
}

export interface Identity {
  name: string
  workload: string
  origin: Origin
}

/** What a runtime hands over of it. */
export interface Handed {
  id: string
  bundle: string
  annotations: Annotations
}

/** What the engine's files tell beyond. */
export interface Found {
  engine?: Engine | undefined
  name?: string | undefined
  image?: string | undefined
  /** Docker's, which have the kubelet's keys where Kubernetes runs on it. */
  labels?: Annotations
  attempt?: number | undefined
}

export const UNKNOWN_ORIGIN: Origin = {
  engine: null,
  image: null,
  namespace: null,
  pod: null,
  podUid: null,
  podContainer: null,
  attempt: null,
}

const MAX_CHARS = 256

export function identityOf(handed: Handed, found: Found = {}): Identity {
  const { id, annotations } = handed
  const engine = found.engine ?? engineOf(handed)
  const pod = podOf({ ...found.labels, ...annotations }, found.attempt)
  const named = crioName(handed) ?? found.name ?? (pod && kubeletName(pod)) ?? told(annotations['nerdctl/name'])
  const workload = pod ? `${pod.namespace}/${pod.pod}/${pod.container}` : (named ?? withoutSuffix(id))
  const origin: Origin = {
    engine: engine ?? null,
    image: clipped(found.image ?? imageOf(annotations)),
    namespace: clipped(pod?.namespace ?? ownNamespace(handed, engine)),
    pod: clipped(pod?.pod ?? podmanPod(annotations, engine)),
    podUid: clipped(pod?.uid),
    podContainer: clipped(pod?.container),
    attempt: pod?.attempt ?? null,
  }
  return { name: clip(named ?? id, MAX_CHARS), workload: clip(workload, MAX_CHARS), origin }
}

/** Podman uses CRI-O's keys as well, but for something else. */
function crioName({ annotations }: Handed): string | undefined {
  return annotations['io.container.manager'] === 'cri-o' ? told(annotations['io.kubernetes.cri-o.Name']) : undefined
}

function imageOf(annotations: Annotations): string | undefined {
  const keys = ['io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName', 'io.kubernetes.cri-o.Image']
  return keys.map(key => told(annotations[key])).find(image => image !== undefined)
}

/** Docker's namespace of containerd is no choice of anybody's. */
function ownNamespace({ id, bundle, annotations }: Handed, engine: Engine | undefined): string | undefined {
  return engine === 'docker' ? undefined : (told(annotations['nerdctl/namespace']) ?? taskNamespace(bundle, id))
}

function podmanPod(annotations: Annotations, engine: Engine | undefined): string | undefined {
  return engine === 'podman' ? told(annotations['io.kubernetes.cri-o.SandboxID']) : undefined
}

function told(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function clipped(text: string | undefined): string | null {
  return text === undefined ? null : clip(text, MAX_CHARS)
}

/** What stays the same when an orchestrator starts a container again under another id: `web-7f9c1d22`, `job_3`. */
function withoutSuffix(id: string): string {
  const stem = id.replace(/(?:-[0-9a-f]{6,}|[-_][0-9]{1,5})$/, '')
  return stem === '' ? id : stem
}
