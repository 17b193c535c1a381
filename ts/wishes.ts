/** PURE: what a container asks for in annotations and metadata, read strictly and not yet granted. */

import { longestMs, parseDuration } from './config/duration.ts'

export interface Wishes {
  action?: 'log' | 'stop'
  answer?: 'profile' | 'continue'
  ignore?: string[]
  debounceMs?: number
  failurePolicy?: 'open' | 'closed'
}
export type Setting = keyof Wishes

/** What one source says. A setting in `invalid` was given with an unknown value and ends the search for it. */
export interface Reading {
  wishes: Wishes
  invalid: Setting[]
  /** Where each wish stands, in words. */
  source: (setting: Setting) => string
  warnings: string[]
}

type Annotations = Readonly<Record<string, string>>
type Parsed<T> = { value: T } | { accepted: string }

const OURS = 'seccomp-notifyd.io/'
const CRIO = ['io.kubernetes.cri-o.seccompNotifierAction', 'seccomp-notifier-action.crio.io']
const MOST_NAMES = 512
const METADATA_KEYS = ['v', 'action', 'answer', 'ignore', 'debounceMs', 'program']

const PARSERS: Record<Setting, { suffix: string; parse: (text: string) => Parsed<Wishes[Setting]> }> = {
  action: { suffix: 'action', parse: oneOf('log', 'stop') },
  answer: { suffix: 'answer', parse: oneOf('profile', 'continue') },
  ignore: { suffix: 'ignore', parse: parseIgnore },
  debounceMs: { suffix: 'debounce', parse: parseDebounce },
  failurePolicy: { suffix: 'failure-policy', parse: oneOf('open', 'closed') },
}

/** The annotations `seccomp-notifyd.io/…`. */
export function readOurs(annotations: Annotations): Reading {
  const reading: Reading = { wishes: {}, invalid: [], source: ourSource, warnings: [] }
  for (const setting of Object.keys(PARSERS) as Setting[]) readOne(annotations, setting, reading)
  return reading
}

/** CRI-O's two names, for this container first, then for all of a pod: `stop` stops, anything else logs. */
export function readCrio(annotations: Annotations, containerName: string | undefined): Reading {
  const key = crioKeys(containerName).find(name => annotations[name] !== undefined)
  const wishes: Wishes = key === undefined ? {} : { action: annotations[key] === 'stop' ? 'stop' : 'log' }
  return { wishes, invalid: [], source: () => `annotation ${key}`, warnings: [] }
}

/** Version 1 of our metadata; anything else is left aside as a whole with one warning. */
export function readMetadata(metadata: string | undefined): Reading {
  const none: Reading = { wishes: {}, invalid: [], source: () => 'metadata', warnings: [] }
  if (metadata === undefined || metadata === '') return none
  const wishes = parseMetadata(metadata)
  if (typeof wishes !== 'string') return { ...none, wishes }
  return { ...none, warnings: [`metadata ${wishes}, the configuration applies`] }
}

function ourSource(setting: Setting): string {
  return `annotation ${OURS}${PARSERS[setting].suffix}`
}

function readOne(annotations: Annotations, setting: Setting, reading: Reading): void {
  const text = annotations[OURS + PARSERS[setting].suffix]
  if (text === undefined) return
  const parsed = PARSERS[setting].parse(text)
  if ('value' in parsed) {
    Object.assign(reading.wishes, { [setting]: parsed.value })
    return
  }
  reading.invalid.push(setting)
  reading.warnings.push(
    `${ourSource(setting)} has the unknown value ${quote(text)}, accepted: ${parsed.accepted}; the configuration applies`,
  )
}

function oneOf<const T extends string>(...accepted: T[]): (text: string) => Parsed<T> {
  return text => {
    const value = accepted.find(word => word === text)
    return value === undefined ? { accepted: accepted.join(', ') } : { value }
  }
}

function parseIgnore(text: string): Parsed<string[]> {
  const names = text
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
  if (areNames(names)) return { value: names }
  return { accepted: `at most ${MOST_NAMES} syscall names with commas between them, such as clone3,mkdir` }
}

function parseDebounce(text: string): Parsed<number> {
  const value = parseDuration(text)
  return isDelay(value) ? { value } : { accepted: 'a number with ms, s, m or h, such as 500ms, 5s or 2m' }
}

function crioKeys(containerName: string | undefined): string[] {
  const own = containerName === undefined ? [] : CRIO.map(name => `${name}/${containerName}`)
  return [...own, ...CRIO]
}

/** The wishes, or what is wrong in words. */
function parseMetadata(text: string): Wishes | string {
  const json = parseObject(text)
  if (json === undefined) return 'is not a JSON object'
  if (json['v'] !== 1) return `has the version ${quote(String(json['v']))}, accepted: 1`
  const unknown = Object.keys(json).find(key => !METADATA_KEYS.includes(key))
  if (unknown !== undefined) return `has the unknown member ${quote(unknown)}, accepted: ${METADATA_KEYS.join(', ')}`
  const wrong = Object.keys(CHECKS).find(key => json[key] !== undefined && !CHECKS[key]?.(json[key]))
  if (wrong !== undefined) return `has an unusable value for ${wrong}`
  return metadataWishes(json)
}

const CHECKS: Record<string, (value: unknown) => boolean> = {
  action: value => value === 'log' || value === 'stop',
  answer: value => value === 'profile' || value === 'continue',
  ignore: areNames,
  debounceMs: isDelay,
  program: value => typeof value === 'string',
}

/** Only checked members get here. */
function metadataWishes(json: Record<string, unknown>): Wishes {
  const settings = ['action', 'answer', 'ignore', 'debounceMs'].filter(key => json[key] !== undefined)
  return Object.fromEntries(settings.map(key => [key, json[key]]))
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text)
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
    return isObject ? (json as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function areNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MOST_NAMES && value.every(isName)
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z_][a-z0-9_]{0,63}$/.test(value)
}

function isDelay(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= longestMs
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text)
}
