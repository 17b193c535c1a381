/** PURE: which way in works with which version of an engine, and why. docs/runtime.md says what the ways are. */

export type Part = 'docker' | 'containerd' | 'podman' | 'crio' | 'kubelet' | 'runc' | 'crun'
export type Version = readonly [major: number, minor: number, patch: number]

export interface Way {
  works: boolean
  reason: string
}

export interface WaysIn {
  /** A profile that names our socket. */
  passThrough: Way
  /** The shim in the place of the runtime. */
  shim: Way
  /** Whether what a container asks for reaches the shim. */
  annotations: Way
}

interface Facts {
  /** First version that passes `listenerPath` on, or hands listeners over. */
  since: Version
  with: string
  without: string
  shim: Way
  annotations: Way & { since?: Version; before?: string }
}

const works = (reason: string): Way => ({ works: true, reason })
const OF_ENGINES = 'every version lets a runtime be registered'
const OF_RUNTIMES = 'the engine says what arrives'

const FACTS: Record<Part, Facts> = {
  docker: {
    since: [23, 0, 0],
    with: 'since 23.0 it passes listenerPath on',
    without: 'before 23.0 it drops listenerPath',
    shim: works(OF_ENGINES),
    annotations: {
      ...works('since 24.0 docker run has --annotation'),
      since: [24, 0, 0],
      before: 'before 24.0 containers have none: set watch to all in /etc/seccomp-notifyd/runtime.json',
    },
  },
  containerd: {
    since: [1, 5, 5],
    with: 'since 1.5.5 it passes listenerPath on',
    without: 'before 1.5.5 it drops listenerPath',
    shim: works(OF_ENGINES),
    annotations: works("those that the handler's pod_annotations list"),
  },
  podman: {
    since: [4, 1, 0],
    with: 'since 4.1 it passes listenerPath on',
    without: 'before 4.1 it drops listenerPath',
    shim: works(OF_ENGINES),
    annotations: works('all of them'),
  },
  crio: {
    since: [1, 25, 0],
    with: 'since 1.25 it passes listenerPath on',
    without: 'before 1.25 it drops listenerPath',
    shim: works(OF_ENGINES),
    annotations: works("all but CRI-O's own; use seccomp-notifyd.io/…"),
  },
  kubelet: {
    since: [0, 0, 0],
    with: 'it names the file of a Localhost profile and never reads it',
    without: '',
    shim: works('by a RuntimeClass with the name of the handler'),
    annotations: works('it passes all of a pod on to its engine'),
  },
  runc: {
    since: [1, 1, 0],
    with: 'since 1.1.0 it hands listeners over',
    without: 'before 1.1.0 it cannot hand listeners over',
    shim: works('the shim becomes it'),
    annotations: works(OF_RUNTIMES),
  },
  crun: {
    since: [0, 19, 0],
    with: 'since 0.19 it hands listeners over',
    without: 'before 0.19 it cannot hand listeners over',
    shim: works('the shim becomes it'),
    annotations: works(OF_RUNTIMES),
  },
}

export const PARTS = Object.keys(FACTS) as Part[]

/** A runtime that cannot hand listeners over is no use to the shim either. */
export function waysIn(part: Part, version: Version): WaysIn {
  const { since, with: reason, without, shim, annotations } = FACTS[part]
  const passThrough = isAtLeast(version, since) ? works(reason) : { works: false, reason: without }
  const isRuntime = part === 'runc' || part === 'crun'
  return {
    passThrough,
    shim: isRuntime && !passThrough.works ? passThrough : shim,
    annotations: isAtLeast(version, annotations.since ?? [0, 0, 0])
      ? works(annotations.reason)
      : { works: false, reason: annotations.before ?? '' },
  }
}

export function isAtLeast(version: Version, least: Version): boolean {
  const different = least.findIndex((part, index) => part !== version[index])
  return different === -1 || (version[different] ?? 0) > (least[different] ?? 0)
}
