/** PURE: what a configuration holds, as a tree of values, and places in it. */

export type Value = string | number | bigint | boolean | Date | null | Value[] | Tree
export interface Tree {
  [key: string]: Value
}
export type Path = readonly string[]

export function isTree(value: Value | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

/** Undefined where nothing is. */
export function valueAt(tree: Tree, path: Path): Value | undefined {
  let found: Value | undefined = tree
  for (const key of path) {
    if (!isTree(found) || !Object.hasOwn(found, key)) return undefined
    found = found[key]
  }
  return found
}

/** The same tree with this value; undefined takes out what is there. */
export function withValue(tree: Tree, [key, ...rest]: Path, value: Value | undefined): Tree {
  if (key === undefined) return tree
  const { [key]: old, ...others } = tree
  if (rest.length === 0) return value === undefined ? others : { ...tree, [key]: value }
  const inner = isTree(old) ? old : {}
  return { ...tree, [key]: withValue(inner, rest, value) }
}

/** How many of the path's first keys are there already. */
export function depthOf(tree: Tree, path: Path): number {
  const missing = path.findIndex((_, index) => valueAt(tree, path.slice(0, index + 1)) === undefined)
  return missing === -1 ? path.length : missing
}
