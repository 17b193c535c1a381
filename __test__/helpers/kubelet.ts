/**
 * A mock of the kubelet: it asks an engine for pods and containers in the words of the Container Runtime Interface, makes
 * their termination-message files, and reads from those why a container ended, all as the kubelet does.
 */

import { randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { until } from './child.ts'
import type { Cri } from './cri.ts'

export type Seccomp = 'RuntimeDefault' | 'Unconfined' | { localhost: string }

export interface Mount {
  containerPath: string
  hostPath: string
}

export interface ContainerOptions {
  command: string[]
  seccomp: Seccomp
  /** How often it was started before. */
  attempt?: number
  drop?: string[]
  /** Instead of the kubelet's own. */
  mounts?: Mount[]
}

export interface PodContainer {
  id: string
  terminationFile: string
  /** Waits for its end; resolves to what the kubelet shows. */
  ended(): Promise<{ exitCode: number; reason: string; message: string }>
  /** What `kubectl logs` shows. */
  logs(): string
}

export interface Pod {
  uid: string
  start(name: string, options: ContainerOptions): Promise<PodContainer>
}

export interface Kubelet {
  runPod(name: string, annotations: Record<string, string>): Promise<Pod>
}

export const NAMESPACE = 'shop'
const TERMINATION_PATH = '/dev/termination-log'
/** What the kubelet reads of a file, from its end. */
const MOST_BYTES = 4096
const EXITED = 2
const PROFILES = { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 }
/** The host's network, so that no plug-in is needed; of the pod's own the rest. */
const NAMESPACES = { network: 2, pid: 1, ipc: 0 }

export function createKubelet(
  t: ExecutionContext,
  cri: Cri,
  { root, image, handler }: { root: string; image: string; handler: string },
): Kubelet {
  async function runPod(name: string, annotations: Record<string, string>): Promise<Pod> {
    const uid = randomUUID()
    const labels = {
      'io.kubernetes.pod.name': name,
      'io.kubernetes.pod.namespace': NAMESPACE,
      'io.kubernetes.pod.uid': uid,
    }
    const logDirectory = join(root, 'logs', `${NAMESPACE}_${name}_${uid}`)
    mkdirSync(logDirectory, { recursive: true })
    const config = {
      metadata: { name, uid, namespace: NAMESPACE, attempt: 0 },
      logDirectory,
      labels,
      annotations,
      linux: { security: { namespaces: NAMESPACES, seccomp: { type: PROFILES.RuntimeDefault } } },
    }
    const { id } = await cri.call('RunPodSandbox', { config, handler })
    t.teardown(async () => {
      await cri.call('StopPodSandbox', { id })
      await cri.call('RemovePodSandbox', { id })
    })
    const start: Pod['start'] = async (container, options) => {
      const folder = join(root, 'pods', uid, 'containers', container)
      const { attempt = 0, command, mounts = [] } = options
      const file = makeTerminationFile(folder)
      const logPath = join(container, `${attempt}.log`)
      mkdirSync(join(logDirectory, container), { recursive: true })
      const podConfig = config
      const made = await cri.call('CreateContainer', {
        pod: id,
        podConfig,
        config: {
          metadata: { name: container, attempt },
          image: { image },
          command,
          mounts: mounts.length === 0 ? [{ containerPath: TERMINATION_PATH, hostPath: file }] : mounts,
          labels: { ...labels, 'io.kubernetes.container.name': container },
          annotations: {
            'io.kubernetes.container.restartCount': `${attempt}`,
            'io.kubernetes.container.terminationMessagePath': TERMINATION_PATH,
            'io.kubernetes.container.terminationMessagePolicy': 'File',
          },
          logPath,
          linux: { security: securityOf(options) },
        },
      })
      await cri.call('StartContainer', { id: made['id'] })
      return {
        id: String(made['id']),
        terminationFile: file,
        ended: () => ending(cri, String(made['id'])),
        logs: () => readFileSync(join(logDirectory, logPath), 'utf8'),
      }
    }
    return { uid, start }
  }

  return { runPod }
}

/** A new one for each start, which everybody in the container may write to. */
function makeTerminationFile(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  const file = join(folder, randomBytes(4).toString('hex'))
  writeFileSync(file, '')
  chmodSync(file, 0o666)
  return file
}

function securityOf({ seccomp, drop = [] }: ContainerOptions): object {
  const profile =
    typeof seccomp === 'string'
      ? { type: PROFILES[seccomp] }
      : { type: PROFILES.Localhost, localhost: seccomp.localhost }
  return { capabilities: { drop }, namespaces: NAMESPACES, seccomp: profile }
}

interface Status {
  state?: number
  exitCode?: number
  reason?: string
  message?: string
  mounts?: Mount[]
}

async function ending(cri: Cri, id: string): ReturnType<PodContainer['ended']> {
  const read = async () => (await cri.call('ContainerStatus', { id }))['status'] as Status
  await until(async () => (await read()).state === EXITED, 30_000)
  const { exitCode = 0, reason = '', message = '', mounts = [] } = await read()
  const file = mounts.find(({ containerPath }) => containerPath === TERMINATION_PATH)?.hostPath
  const told = file === undefined ? '' : readFileSync(file).subarray(-MOST_BYTES).toString('utf8')
  return { exitCode, reason, message: [message, told].filter(text => text !== '').join(': ') }
}
