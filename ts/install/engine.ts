/** What there is to know of an engine whose configuration we change. */

import type { Version } from '../ways-in.ts'
import type { Change } from './changes.ts'
import type { Format } from './format.ts'
import { isTree, valueAt, type Path, type Tree, type Value } from './tree.ts'

export type RuntimeName = 'runc' | 'crun'

/** What is registered. */
export interface Handler {
  name: string
  /** Where the executables are. */
  folder: string
  /** For all containers, and not only for those that name it. */
  isDefault: boolean
}

/** What is installed beside the engine. */
export interface Host {
  /** The engine's, where it says one. */
  version?: Version
  runtimes: readonly RuntimeName[]
}

/** What an engine's configuration says of a runtime. */
export interface Registered {
  name: string
  /** Its executable. */
  path: string
  /** Annotations that reach it, where the engine asks; patterns. */
  annotations?: readonly string[]
}

export interface Engine {
  /** Its program. */
  program: string
  /** Its configuration, where no other is named. */
  file: string
  format: Format
  /** How it is brought to read that. */
  reload: string
  /** Why nothing is to be changed there. */
  unusable?(tree: Tree): string | undefined
  changes(tree: Tree, handler: Handler, host: Host): Change[]
  /** All runtimes that it has, ours or not. */
  registered(tree: Tree): Registered[]
}

/** The runtimes of a table, where each has its path in one way. */
export function registeredIn(tree: Tree, path: Path, pathOf: (runtime: Value) => Value | undefined): Registered[] {
  const runtimes = valueAt(tree, path)
  if (!isTree(runtimes)) return []
  return Object.entries(runtimes).flatMap(([name, runtime]) => {
    const found = pathOf(runtime)
    return typeof found === 'string' ? [{ name, path: found }] : []
  })
}

/** The shim in the place of the runtime that engines of this kind prefer. */
export function runtimeOf({ runtimes }: Host): RuntimeName {
  return runtimes.includes('crun') || !runtimes.includes('runc') ? 'crun' : 'runc'
}
