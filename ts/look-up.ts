/** What an engine's files tell of a container beyond its hand-over. */

import { join } from 'node:path'
import { readBundle } from './bundle.ts'
import { createDeadline } from './deadline.ts'
import { dockerFiles, isDockerId, parseDockerFile } from './docker-files.ts'
import { listEngineFolder, readEngineFile } from './engine-files.ts'
import { engineOf } from './engine.ts'
import type { Found, Handed } from './identity.ts'
import { attemptOf, logFolderOf, podOf } from './pod.ts'
import { monitoredName, parentPid, parsePodmanStore, podmanFiles } from './podman-files.ts'

export interface Places {
  /** The kubelet's logs. */
  podLogs: string
  proc: string
}

export type LookUp = () => Promise<Found>

const PLACES: Places = { podLogs: '/var/log/pods', proc: '/proc' }
const MAX_BYTES = 16 * 1024 * 1024
/** Several files may have to be read. */
const DEADLINE_MS = 3000
const MAX_PROC_BYTES = 256 * 1024
/** While a container is created the runtime stands between it and its monitor. */
const MOST_ANCESTORS = 4

const withinDeadline = createDeadline(Infinity, DEADLINE_MS)

/** Undefined where the hand-over has told everything. Rejects where what there should be is not to be had in time. */
export function lookUpOf(handed: Handed, initPid: number | undefined, places = PLACES): LookUp | undefined {
  const ask = questionOf(handed, initPid, places)
  return ask && (() => withinDeadline('find its name', ask))
}

function questionOf(handed: Handed, initPid: number | undefined, places: Places): LookUp | undefined {
  const engine = engineOf(handed)
  const pod = podOf(handed.annotations)
  if (engine === 'podman') return () => askPodman(handed, initPid, places)
  if (engine === 'docker') return () => askDocker(handed)
  if (engine !== 'containerd') return undefined
  // Docker may be told to use another namespace of containerd than its own.
  if (pod === undefined) return isDockerId(handed.id) ? () => askDocker(handed).catch(() => ({})) : undefined
  const folder = pod.attempt === undefined && pod.container !== 'POD' ? logFolderOf(pod) : undefined
  return folder && (async () => ({ attempt: attemptOf(await listEngineFolder(join(places.podLogs, ...folder))) }))
}

async function askDocker({ bundle, id }: Handed): Promise<Found> {
  const { mounts } = await readBundle(bundle)
  return firstOf(dockerFiles(mounts, id), json => parseDockerFile(json, id))
}

/** The store knows the image too; the monitor's command line is there even where the store is not to be read. */
async function askPodman(handed: Handed, initPid: number | undefined, { proc }: Places): Promise<Found> {
  const [stored, monitored] = await Promise.allSettled([askPodmanStore(handed), askMonitor(handed.id, initPid, proc)])
  const found = stored.status === 'fulfilled' ? stored.value : {}
  const name = found.name ?? (monitored.status === 'fulfilled' ? monitored.value : undefined)
  if (name === undefined && stored.status === 'rejected') throw stored.reason
  return { ...found, name }
}

async function askPodmanStore({ bundle, id }: Handed): Promise<Found> {
  const { mounts } = await readBundle(bundle)
  return firstOf(podmanFiles(bundle, mounts, id), json => parsePodmanStore(json, id))
}

async function askMonitor(id: string, initPid: number | undefined, proc: string): Promise<string | undefined> {
  let pid = initPid ?? 0
  for (let step = 0; step < MOST_ANCESTORS && pid > 1; step++) {
    pid = parentPid(await readEngineFile(join(proc, String(pid), 'stat'), MAX_PROC_BYTES))
    if (pid <= 1) return undefined
    const name = monitoredName(await readEngineFile(join(proc, String(pid), 'cmdline'), MAX_PROC_BYTES), id)
    if (name !== undefined) return name
  }
  return undefined
}

/** Of the files that there may be, the first that tells of the container. */
async function firstOf(paths: readonly string[], parse: (json: string) => Found | undefined): Promise<Found> {
  const problems: unknown[] = []
  for (const path of paths) {
    try {
      const found = parse(await readEngineFile(path, MAX_BYTES))
      if (found !== undefined) return found
    } catch (error) {
      problems.push(error)
    }
  }
  if (problems.length === 0) return {}
  throw problems[0]
}
