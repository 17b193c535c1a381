/** Which listener belongs to which incarnation of which container. */

import { createCallTable, type CallTable, type Names } from './calls.ts'
import { clip } from './clip.ts'
import { keyStem } from './container-key.ts'
import type { SavedContainer } from './saved-container.ts'
import { end, MAX_ID_CHARS, newContainer, warn, type Container, type Described, type Ending } from './containers.ts'

export interface Registry {
  attach(listener: number, described: Described, atMs: number): { container: Container; isNew: boolean }
  /** Makes a listener that came back one of the container's that a former daemon has left; makes that where it is the first. */
  resume(listener: number, saved: SavedContainer, described: Described): { container: Container; isFirst: boolean }
  of(listener: number): Container | undefined
  /** Gives a listener whose callers do not belong to its container a record of its own. */
  split(listener: number, atMs: number): Container | undefined
  /** Takes a closed listener away; the container ended if it was the last one. */
  detach(listener: number, ending: Ending, atMs: number): { container: Container; ended: boolean } | undefined
  get(key: string): Container | undefined
  forget(key: string): void
  all(): Container[]
}

export interface RegistryOptions {
  names: Names
  /** Makes keys of one run of this program differ from those of any other. */
  epoch: string
}

const NOT_A_MEMBER =
  'a caller does not belong to the container that the hand-over names; it is shown on its own and never stopped'

export function createRegistry({ names, epoch }: RegistryOptions): Registry {
  const containers = new Map<string, Container>()
  const byId = new Map<string, Set<Container>>()
  const owners = new Map<number, Container>()
  let made = 0

  function create(described: Described, atMs: number): Container {
    made += 1
    const key = `${keyStem(described.id)}-${epoch}-${made.toString(36)}`
    return enter(newContainer(key, described, createCallTable(names), atMs))
  }

  function enter(container: Container): Container {
    containers.set(container.key, container)
    byId.set(container.id, (byId.get(container.id) ?? new Set()).add(container))
    return container
  }

  function forget(key: string): void {
    const container = containers.get(key)
    if (container === undefined) return
    containers.delete(key)
    const others = byId.get(container.id)
    others?.delete(container)
    if (others?.size === 0) byId.delete(container.id)
  }

  function find(described: Described): Container | undefined {
    if (described.creating) return undefined
    const found = [...(byId.get(clip(described.id, MAX_ID_CHARS)) ?? [])].filter(isSame(described))
    // Two namespaces of an engine may have containers with one id: neither may be taken for the other.
    return found.length === 1 ? found[0] : undefined
  }

  function attach(listener: number, described: Described, atMs: number) {
    const known = find(described)
    const container = known ?? create(described, atMs)
    own(listener, container)
    for (const warning of described.warnings) warn(container, warning)
    return { container, isNew: known === undefined }
  }

  function resume(listener: number, saved: SavedContainer, described: Described) {
    const known = containers.get(saved.key)
    const container = known ?? enter(revive(saved, described, createCallTable(names, saved.calls)))
    own(listener, container)
    for (const warning of described.warnings) warn(container, warning)
    return { container, isFirst: known === undefined }
  }

  function own(listener: number, container: Container): void {
    const before = owners.get(listener)
    const name = before?.kept.get(listener)
    before?.listeners.delete(listener)
    before?.kept.delete(listener)
    owners.set(listener, container)
    container.listeners.add(listener)
    if (name !== undefined) container.kept.set(listener, name)
  }

  function split(listener: number, atMs: number): Container | undefined {
    const claimed = owners.get(listener)
    if (claimed === undefined || !claimed.verified) return undefined
    const container = claimed.listeners.size === 1 ? claimed : moveOut(listener, claimed, atMs)
    container.verified = false
    warn(container, NOT_A_MEMBER)
    return container
  }

  function moveOut(listener: number, from: Container, atMs: number): Container {
    const container = create({ ...from, recording: undefined, warnings: [], creating: true, init: null }, atMs)
    own(listener, container)
    from.calls.move(listener, container.calls)
    return container
  }

  function detach(listener: number, ending: Ending, atMs: number) {
    const container = owners.get(listener)
    if (container === undefined) return undefined
    owners.delete(listener)
    container.calls.fold(listener)
    container.listeners.delete(listener)
    container.kept.delete(listener)
    const ended = container.listeners.size === 0
    if (ended) end(container, ending, atMs)
    return { container, ended }
  }

  return {
    attach,
    resume,
    split,
    detach,
    of: listener => owners.get(listener),
    get: key => containers.get(key),
    forget,
    all: () => [...containers.values()],
  }
}

/** Runtimes like `crun exec` tell no process: then the id of a container that still runs has to do. */
function isSame({ init }: Described): (container: Container) => boolean {
  return container => {
    if (container.listeners.size === 0 || !container.verified) return false
    return init === null || (container.init?.pid === init.pid && container.init.startTicks === init.startTicks)
  }
}

function revive(saved: SavedContainer, described: Described, calls: CallTable): Container {
  const { verified, message, incidents, incidentsTotal } = saved
  const container = newContainer(saved.key, described, calls, saved.startedAtMs)
  return Object.assign(container, { verified, message, incidents, incidentsTotal, warnings: [...saved.warnings] })
}
