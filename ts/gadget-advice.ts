/**
 * PURE. What Inspektor Gadget advises. The image `advise_seccomp` prints a comment with the container's name and a profile, for one
 * container after the other; `kubectl gadget advise seccomp-profile stop` of older versions only the profile, which their `Trace`
 * objects have as text. docs/cli.md has the sources.
 */

import { NotifydError } from './errors.ts'

/** A profile as JSON, behind as many line ends as there were before it. */
interface Advice {
  container: string
  json: string
}

interface AdvisedProfile {
  syscalls?: { names: string[] }[]
}

/** The profiles of a stream; undefined where a text is none, or one profile that nothing else tells from others. */
export function adviceIn(text: string): Advice[] | undefined {
  if (!/^\s*(?:\/\/|\{)/.test(text)) return undefined
  const found = split(text)
  const isStream = found.length > 1 || (found.length === 1 && text.trimStart().startsWith('//'))
  return isStream ? found : undefined
}

/** The profiles of a `Trace` object, or of a list of these. */
export function adviceOf(json: string): Advice[] | undefined {
  if (!json.includes('gadget.kinvolk.io/')) return undefined
  const outputs = tracesOf(parsed(json)).flatMap(({ status }) => status?.output ?? [])
  if (outputs.length === 0) return undefined
  return outputs.flatMap(output => adviceIn(output) ?? [{ container: '', json: output }])
}

/** Of the named container, or of the only one there is; what several instances of it called is put together. */
export function chosen(advice: readonly Advice[], container?: string): string {
  const names = [...new Set(advice.map(each => each.container))]
  const name = container ?? names[0]
  const fitting = advice.filter(each => each.container === name)
  if (fitting.length === 0 || (container === undefined && names.length > 1)) throw unclear(names, container)
  const [only] = fitting
  return fitting.length === 1 && only !== undefined ? only.json : united(fitting)
}

/** Numbers without a name stand in it as names that no runtime knows. */
export function withoutPlaceholders(json: string): { json: string; dropped: string[] } {
  const dropped = new Set<string>()
  const drop = (name: string): string => {
    dropped.add(name)
    return ''
  }
  const kept = json
    .replaceAll(/,(\s*)"((?:unknown_)?syscall_[0-9a-f]+)"/g, (_, blank: string, name: string) => drop(name) + blank)
    .replaceAll(/"((?:unknown_)?syscall_[0-9a-f]+)"\s*,?/g, (_, name: string) => drop(name))
  return { json: kept, dropped: [...dropped] }
}

function tracesOf(value: unknown): { status?: { output?: string } }[] {
  const { kind, items } = Object(value) as { kind?: string; items?: unknown[] }
  if (kind === 'Trace') return [value as { status?: { output?: string } }]
  return Array.isArray(items) ? items.flatMap(tracesOf) : []
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** Objects and the comments before them; a text that has anything else is no stream. */
function split(text: string): Advice[] {
  const found: Advice[] = []
  const token = /\/\/ ?(?<name>[^\n]*)|\s+|(?<other>.)/gsy
  let container = ''
  let lineEnds = ''
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at
    const { name, other } = token.exec(text)?.groups ?? {}
    const isBlank = other === undefined
    if (name !== undefined) container = name.trim()
    const end = isBlank ? token.lastIndex : other === '{' ? endOf(text, at) : undefined
    if (end === undefined) return []
    const piece = text.slice(at, end)
    if (!isBlank) found.push({ container, json: `${lineEnds}${piece}` })
    if (found.length < 2) lineEnds += piece.replaceAll(/[^\n]/g, '')
    token.lastIndex = end
  }
  return found
}

/** Behind the object that begins there. */
function endOf(text: string, start: number): number | undefined {
  const token = /"(?:[^"\\]|\\.)*"|[{}]/gs
  token.lastIndex = start
  let depth = 0
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === '{') depth++
    if (found[0] === '}' && --depth === 0) return token.lastIndex
  }
  return undefined
}

function united(advice: readonly Advice[]): string {
  const profiles = advice.map(({ json }) => JSON.parse(json) as AdvisedProfile)
  const shapes = new Set(profiles.map(profile => JSON.stringify({ ...profile, syscalls: withoutNames(profile) })))
  const [first] = profiles
  if (shapes.size !== 1 || first?.syscalls?.length !== 1) {
    const reason = 'its instances differ in more than names of calls; hint: save each profile, and merge them'
    throw new NotifydError('ERR_PROFILE', `reading the advice for ${advice[0]?.container ?? ''}: ${reason}`)
  }
  const names = [...new Set(profiles.flatMap(({ syscalls = [] }) => syscalls.flatMap(rule => rule.names)))].toSorted()
  return JSON.stringify({ ...first, syscalls: [{ ...first.syscalls[0], names }] }, undefined, 2)
}

function withoutNames({ syscalls = [] }: AdvisedProfile): unknown[] {
  return syscalls.map(rule => ({ ...rule, names: [] }))
}

function unclear(names: readonly string[], container: string | undefined): NotifydError {
  const listed = names.map(name => (name === '' ? 'one without a name' : name)).join(', ')
  const asked = container === undefined ? 'it is for several containers' : `it is not for ${JSON.stringify(container)}`
  const hint = 'choose one with profile convert --container NAME'
  return new NotifydError('ERR_PROFILE', `reading the advice of Inspektor Gadget: ${asked}, but for ${listed}; ${hint}`)
}
