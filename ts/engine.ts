/** PURE: which engine a container is of. */

import type { Annotations } from './pod.ts'

export const ENGINES = ['containerd', 'cri-o', 'docker', 'nerdctl', 'podman'] as const
export type Engine = (typeof ENGINES)[number]

/** Undefined: a runtime without any engine, as far as can be told. */
export function engineOf(handed: { id: string; bundle: string; annotations: Annotations }): Engine | undefined {
  const { id, bundle, annotations } = handed
  const namespace = taskNamespace(bundle, id)
  if (namespace === 'moby') return 'docker'
  const manager = annotations['io.container.manager']
  if (manager === 'libpod') return 'podman'
  if (manager === 'cri-o') return 'cri-o'
  if (annotations['nerdctl/namespace'] !== undefined || annotations['nerdctl/name'] !== undefined) return 'nerdctl'
  if (namespace !== undefined || annotations['io.kubernetes.cri.container-type'] !== undefined) return 'containerd'
  return undefined
}

/** The namespace of containerd that a bundle lies in: `…/io.containerd.runtime.v2.task/NAMESPACE/ID`. */
export function taskNamespace(bundle: string, id: string): string | undefined {
  const [, namespace, name] =
    /\/io\.containerd\.runtime\.v[12]\.(?:task|linux)\/([^/]+)\/([^/]+)\/?$/.exec(bundle) ?? []
  return name === id ? namespace : undefined
}
