/** PURE: where Podman keeps what it knows of a container, and what stands there. */

import * as v from 'valibot'
import type { BundleMount } from './bundle.ts'
import type { Found } from './identity.ts'

/** Both are in the folder of a container's bundle; a container that will be removed at its end may be in one below the run root. */
const STORES = ['containers.json', 'volatile-containers.json']

export function podmanFiles(bundle: string, mounts: readonly BundleMount[], id: string): string[] {
  const folders = [bundle, ...mounts.map(({ source }) => source)].flatMap(path => storeOf(path, id) ?? [])
  return [...new Set(folders)].flatMap(folder => STORES.map(name => `${folder}/${name}`))
}

function storeOf(path: string, id: string): string | undefined {
  const [, folder, name] = /^(\/.+\/[a-z]+-containers)\/([0-9a-f]{64})\/userdata(?:\/|$)/.exec(path) ?? []
  return name === id ? folder : undefined
}

const SHAPE = v.object({
  id: v.string(),
  names: v.nullish(v.array(v.string()), []),
  metadata: v.optional(v.string(), '{}'),
})
const METADATA = v.object({ 'image-name': v.optional(v.string(), '') })

/** Undefined where the container is not in the store. */
export function parsePodmanStore(json: string, id: string): Found | undefined {
  const store: unknown = JSON.parse(json)
  if (!Array.isArray(store)) return undefined
  const { success, output } = v.safeParse(
    SHAPE,
    store.find(each => v.is(SHAPE, each) && each.id === id),
  )
  if (!success) return undefined
  const metadata = v.safeParse(METADATA, JSON.parse(output.metadata))
  const image = metadata.success ? metadata.output['image-name'] : ''
  return { name: output.names[0] || undefined, image: image || undefined }
}

/** The name that Podman gave the container's monitor on its command line; undefined where it is none, or another container's. */
export function monitoredName(commandLine: string, id: string): string | undefined {
  const [command = '', ...args] = commandLine.split('\0')
  const valueOf = (option: string) => args[args.indexOf(option) + 1]
  if (!/(?:^|\/)conmon$/.test(command) || !args.includes('-n') || valueOf('-c') !== id) return undefined
  return valueOf('-n') || undefined
}

/** From a `/proc/PID/stat`; 0 where there is none. The second member is a name, and may be anything. */
export function parentPid(stat: string): number {
  const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(parent) || 0
}
