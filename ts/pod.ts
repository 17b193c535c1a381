/** PURE: the pod of Kubernetes that a container belongs to, and the name that the kubelet's containers have. */

export type Annotations = Readonly<Record<string, string>>

export interface Pod {
  container: string
  pod: string
  namespace: string
  uid: string | undefined
  attempt: number | undefined
}

/** `attempt` counts where no annotation tells it. */
export function podOf(annotations: Annotations, attempt?: number): Pod | undefined {
  const read = (...keys: string[]) =>
    keys.map(key => annotations[key]).find(value => value !== undefined && value !== '')
  const isSandbox = read('io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType') === 'sandbox'
  const container =
    read('io.kubernetes.cri.container-name', 'io.kubernetes.container.name') ?? (isSandbox ? 'POD' : undefined)
  const pod = read('io.kubernetes.cri.sandbox-name', 'io.kubernetes.pod.name')
  const namespace = read('io.kubernetes.cri.sandbox-namespace', 'io.kubernetes.pod.namespace')
  if (container === undefined || pod === undefined || namespace === undefined) return undefined
  const uid = read('io.kubernetes.cri.sandbox-uid', 'io.kubernetes.pod.uid')
  return { container, pod, namespace, uid, attempt: count(read('io.kubernetes.container.restartCount')) ?? attempt }
}

/** `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>`. Its parts may have a `_` themselves: it is never taken apart. */
export function kubeletName({ container, pod, namespace, uid, attempt }: Pod): string {
  return ['k8s', container, pod, namespace, uid, attempt].filter(part => part !== undefined).join('_')
}

/** The names of the folders in which the kubelet keeps a container's log; undefined where a part is no name of Kubernetes. */
export function logFolderOf({ container, pod, namespace, uid }: Pod): [string, string] | undefined {
  if (uid === undefined || ![container, pod, namespace, uid].every(isKubernetesName)) return undefined
  return [`${namespace}_${pod}_${uid}`, container]
}

/** Of a container whose log files have these names: the newest is that of the attempt that runs. */
export function attemptOf(files: readonly string[]): number | undefined {
  const attempts = files.flatMap(name => count(/^(\d+)\.log$/.exec(name)?.[1]) ?? [])
  return attempts.length === 0 ? undefined : Math.max(...attempts)
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** Safe in a path as well: no slash, and no dot in front. */
function isKubernetesName(text: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{0,252}$/.test(text)
}
