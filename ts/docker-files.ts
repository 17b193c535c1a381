/** PURE: where Docker keeps what it knows of a container, and what stands there. */

import * as v from 'valibot'
import type { BundleMount } from './bundle.ts'
import type { Found } from './identity.ts'

/** Docker mounts its own copy of each, unless the user has one mounted in its place. */
const OWN_MOUNTS: Record<string, string> = {
  '/etc/hostname': 'hostname',
  '/etc/hosts': 'hosts',
  '/etc/resolv.conf': 'resolv.conf',
}

export function isDockerId(id: string): boolean {
  return /^[0-9a-f]{64}$/.test(id)
}

/**
 * Files that may describe the container, most likely first. The folder is not taken from the mount: a container that shares the
 * network of another has the other's files mounted.
 */
export function dockerFiles(mounts: readonly BundleMount[], id: string): string[] {
  if (!isDockerId(id)) return []
  const folders = mounts.flatMap(({ destination, source }) => {
    const [, folder, file] = /^(\/.+\/containers)\/[0-9a-f]{64}\/([a-z.]+)$/.exec(source) ?? []
    return folder !== undefined && OWN_MOUNTS[destination] === file ? [folder] : []
  })
  return [...new Set(folders)].map(folder => `${folder}/${id}/config.v2.json`)
}

const SHAPE = v.object({
  ID: v.string(),
  Name: v.optional(v.string(), ''),
  Config: v.optional(
    v.object({ Image: v.optional(v.string(), ''), Labels: v.nullish(v.record(v.string(), v.string()), {}) }),
    {},
  ),
})

/** Undefined where it is another container's, or none of Docker's. */
export function parseDockerFile(json: string, id: string): Found | undefined {
  const { success, output } = v.safeParse(SHAPE, JSON.parse(json))
  if (!success || output.ID !== id) return undefined
  const { Name: name, Config: config } = output
  return {
    engine: 'docker',
    name: name.replace(/^\//, '') || undefined,
    image: config.Image || undefined,
    labels: config.Labels,
  }
}
