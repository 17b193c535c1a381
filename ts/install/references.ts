/** Containers, running or not, whose engine would call the executable again. */

import { NotifydError } from '../errors.ts'
import type { InstallRecord } from './record.ts'
import { containerdReferences } from './references/containerd.ts'
import { crioReferences } from './references/crio.ts'
import { dockerReferences } from './references/docker.ts'
import { podmanReferences } from './references/podman.ts'
import { monitorReferences } from './references/monitors.ts'

export interface Reference {
  engine: string
  id: string
  name: string
  /** As the engine says it: `running`, `exited`. */
  state: string
}

/** What is looked for. */
export interface Sought {
  executables: readonly string[]
  /** Names under which engines know them. */
  handler: string
  record: InstallRecord
}

const FINDERS = {
  docker: dockerReferences,
  containerd: containerdReferences,
  podman: podmanReferences,
  crio: crioReferences,
}

/** @throws NotifydError `ERR_INSTALL` where an engine cannot be asked: its containers are not guessed. */
export async function findReferences(executables: readonly string[], record: InstallRecord): Promise<Reference[]> {
  const sought: Sought = { executables, handler: record.name, record }
  const found: Reference[] = []
  for (const [engine, find] of Object.entries(FINDERS)) found.push(...(await asked(engine, find(sought))))
  found.push(...monitorReferences(sought))
  // Docker's are containerd's too, and those of Podman have a monitor: who was asked first knows most.
  return found.filter(({ id }, index) => index === found.findIndex(other => other.id === id))
}

async function asked(engine: string, answer: Promise<Reference[]>): Promise<Reference[]> {
  try {
    return await answer
  } catch (cause) {
    throw new NotifydError(
      'ERR_INSTALL',
      `could not tell which containers of ${engine} refer to it; start ${engine}, or leave the executable there with --keep-executable`,
      { cause },
    )
  }
}
