/** PURE: values, keys and tables as TOML. */

import { isTree, type Path, type Tree, type Value } from './tree.ts'

/** Stands above each table of ours. */
export const ADDED = '# Added by seccomp-notifyd; `seccomp-notifyd runtime uninstall` takes it out.'

export function tomlValue(value: Value): string {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(', ')}]`
  if (isTree(value)) return `{ ${Object.entries(value).map(tomlLine).join(', ')} }`
  return typeof value === 'string' ? quote(value) : String(value)
}

export function tomlKey(path: readonly string[]): string {
  return path.map(key => (/^[\w-]+$/.test(key) ? key : quote(key))).join('.')
}

export function tomlLine([key, value]: [string, Value]): string {
  return `${tomlKey([key])} = ${tomlValue(value)}`
}

/** A table, then those in it, each with its header. */
export function tomlTable(path: Path, table: Tree): string[] {
  const members = Object.entries(table)
  const inner = members.filter((member): member is [string, Tree] => isTree(member[1]))
  const own = members.filter(([, value]) => !isTree(value)).map(tomlLine)
  return [`[${tomlKey(path)}]`, ...own, ...inner.flatMap(([key, value]) => tomlTable([...path, key], value))]
}

/** JSON escapes what TOML wants escaped, but for DEL. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', String.raw`\u007f`)
}
