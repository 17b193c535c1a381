/** PURE: what we change in a configuration, and how it is undone when others have changed it since. */

import { isDeepStrictEqual } from 'node:util'
import { NotifydError } from '../errors.ts'
import type { Format } from './format.ts'
import { depthOf, isTree, valueAt, withValue, type Path, type Tree, type Value } from './tree.ts'

export type Change =
  /** An entry of our name, which is ours as a whole. */
  | { kind: 'own'; path: Path; value: Value }
  /** What an empty file has to begin with; it stays for what others have added. */
  | { kind: 'head'; path: Path; value: number }
  /** A setting that somebody may have set before. */
  | { kind: 'replace'; path: Path; value: string }
  /** One more word of a list; `byDefault` is the list where none is written. */
  | { kind: 'member'; path: Path; value: string; byDefault: readonly string[] }

/** A change that was made. */
export interface Done {
  change: Change
  /** What a replaced setting was; missing where there was none. */
  before?: Value
  /** How many of the path's keys were there. */
  depth: number
}

export interface Applied {
  text: string
  done: Done[]
}

/** Changes that are there already are not made again. */
export function apply(format: Format, text: string, changes: readonly Change[]): Applied {
  return changes.reduce<Applied>(
    ({ text: so, done }, change) => {
      const tree = format.parse(so)
      if (isMade(tree, change)) return { text: so, done }
      const made = { change, depth: depthOf(tree, change.path), ...before(tree, change) }
      return { text: make(format, so, change), done: [...done, made] }
    },
    { text, done: [] },
  )
}

export function isMade(tree: Tree, { kind, path, value }: Change): boolean {
  const there = valueAt(tree, path)
  if (kind === 'member') return Array.isArray(there) && there.includes(value)
  return isDeepStrictEqual(there, value)
}

function before(tree: Tree, { kind, path }: Change): { before?: Value } {
  const there = valueAt(tree, path)
  return kind === 'replace' && there !== undefined ? { before: there } : {}
}

function make(format: Format, text: string, change: Change): string {
  const { kind, path, value } = change
  const there = valueAt(format.parse(text), path)
  if (kind === 'own' && there !== undefined) {
    throw new NotifydError(
      'ERR_INSTALL',
      `${nameOf(path)} is there already and is another one; choose another --name, or take it out of the folder that it names with \`runtime uninstall --dir\``,
    )
  }
  if (kind !== 'member') return checked(format, text, path, value, format.set(text, path, value))
  if (there === undefined) {
    const list = [...change.byDefault, value]
    return checked(format, text, path, list, format.set(text, path, list))
  }
  const list = Array.isArray(there) ? there : [there]
  return checked(format, text, path, [...list, value], format.append(text, path, value))
}

/** The text without the changes, whatever else has become of it. */
export function undo(format: Format, text: string, done: readonly Done[]): string {
  return done.toReversed().reduce((so, each) => undoOne(format, so, each), text)
}

function undoOne(format: Format, text: string, made: Done): string {
  const { change, before: old, depth } = made
  const { kind, path, value } = change
  const there = valueAt(format.parse(text), path)
  if (there === undefined) return text
  if (kind === 'own' || (kind === 'head' && isAlone(format, text))) return removed(format, text, path, depth)
  if (kind === 'member') return withoutMember(format, text, made)
  if (kind === 'head' || !isDeepStrictEqual(there, value)) return text
  if (old === undefined) return removed(format, text, path, depth)
  return checked(format, text, path, old, format.set(text, path, old))
}

function isAlone(format: Format, text: string): boolean {
  return Object.keys(format.parse(text)).length === 1
}

function withoutMember(format: Format, text: string, { change, depth }: Done): string {
  const { path, value } = change
  const there = valueAt(format.parse(text), path)
  if (!Array.isArray(there) || !there.includes(value)) return text
  const rest = there.filter((_, index) => index !== there.indexOf(value))
  const wasMissing = depth < path.length && change.kind === 'member' && isDeepStrictEqual(rest, [...change.byDefault])
  if (wasMissing) return removed(format, text, path, depth)
  return checked(format, text, path, rest, format.drop(text, path, there.indexOf(value)))
}

/** With what held nothing but it, as far as that was made for it. */
function removed(format: Format, text: string, path: Path, depth: number): string {
  const rest = checked(format, text, path, undefined, format.remove(text, path))
  const parent = path.slice(0, -1)
  const held = valueAt(format.parse(rest), parent)
  const isEmpty = isTree(held) && Object.keys(held).length === 0
  return parent.length > depth && isEmpty ? removed(format, rest, parent, depth) : rest
}

/**
 * What stands in the text has to be what was meant: some ways of writing it leave no room for a change.
 *
 * @throws NotifydError `ERR_INSTALL`
 */
function checked(format: Format, old: string, path: Path, value: Value | undefined, text: string): string {
  const meant = withValue(format.parse(old), path, value)
  if (isDeepStrictEqual(pruned(parsed(format, text), path), pruned(meant, path))) return text
  throw new NotifydError(
    'ERR_INSTALL',
    `${nameOf(path)} cannot be changed in the way that this file is written; change it by hand, as \`runtime config\` prints it`,
  )
}

function parsed(format: Format, text: string): Tree | undefined {
  try {
    return format.parse(text)
  } catch {
    return undefined
  }
}

/** Without tables on the way that hold nothing: whether those are there means nothing. */
function pruned(tree: Tree | undefined, path: Path): Tree | undefined {
  if (tree === undefined) return undefined
  return path.slice(0, -1).reduceRight<Tree>((so, _, index) => {
    const place = path.slice(0, index + 1)
    const found = valueAt(so, place)
    return isTree(found) && Object.keys(found).length === 0 ? withValue(so, place, undefined) : so
  }, tree)
}

function nameOf(path: Path): string {
  return path.join('.')
}
