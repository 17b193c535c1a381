/** PURE: what a container asks for in its annotations, read strictly. */

import { parseDuration } from './config/duration.ts'
import { areNames, isDelay, MOST_NAMES, quote, type Reading, type Setting, type Wishes } from './wishes.ts'

type Annotations = Readonly<Record<string, string>>
type Parsed<T> = { value: T } | { accepted: string }

const OURS = 'seccomp-notifyd.io/'
const CRIO = ['io.kubernetes.cri-o.seccompNotifierAction', 'seccomp-notifier-action.crio.io']

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
