/**
 * PURE: the policy of one container. First match wins per setting: our annotations, CRI-O's, metadata,
 * configuration. A container may be stricter than the configuration, and laxer only where `containersMay` says so.
 */

import { readCrio, readOurs } from './annotations.ts'
import type { Config, Policy } from './config/schema.ts'
import { readMetadata } from './metadata.ts'
import type { PolicySources } from './containers.ts'
import type { Reading, Setting, Wishes } from './wishes.ts'

export interface PolicyRequest {
  annotations: Readonly<Record<string, string>>
  metadata?: string | undefined
  /** Whether the loop lets this container's calls run. Decided natively, before JavaScript hears of the container. */
  continues?: boolean | undefined
  configured: Policy
  containersMay: Config['containersMay']
}

export interface ResolvedPolicy {
  policy: Policy
  sources: PolicySources
  warnings: string[]
}

const CONFIGURATION = 'configuration'
const CONTAINER_NAME_KEYS = ['io.kubernetes.container.name', 'io.kubernetes.cri.container-name']

export function resolvePolicy(request: PolicyRequest): ResolvedPolicy {
  const readings = readAll(request)
  const grant = createGrant(request, readings)
  const action = grant('action', (wish, own) => wish === own || wish === 'stop', 'log')
  const ignore = grant('ignore', (wish, own) => wish.every(name => own.includes(name)), 'ignore')
  const debounce = grant('debounceMs', (wish, own) => wish <= own, 'debounce')
  const answer = explainAnswer(request, readings)
  return {
    policy: {
      ...request.configured,
      action: action.value,
      answer: answer.value,
      ignore: ignore.value,
      debounceMs: debounce.value,
    },
    sources: {
      action: action.source,
      answer: answer.source,
      ignore: ignore.source,
      debounceMs: debounce.source,
      errno: CONFIGURATION,
      probes: CONFIGURATION,
      maxDelayMs: CONFIGURATION,
    },
    warnings: [...readings, action, answer, ignore, debounce].flatMap(({ warnings }) => warnings),
  }
}

/** One line for people: `metadata`, or `action: metadata, answer: configuration` where they differ. */
export function describeSources({ action, answer }: Pick<PolicySources, 'action' | 'answer'>): string {
  return action === answer ? action : `action: ${action}, answer: ${answer}`
}

function readAll({ annotations, metadata }: PolicyRequest): Reading[] {
  const key = CONTAINER_NAME_KEYS.find(name => annotations[name] !== undefined)
  const containerName = key === undefined ? undefined : annotations[key]
  return [readOurs(annotations), readCrio(annotations, containerName), readMetadata(metadata)]
}

interface Granted<T> {
  value: T
  source: string
  warnings: string[]
}

type Granting = 'action' | 'ignore' | 'debounceMs'

function createGrant({ configured, containersMay }: PolicyRequest, readings: Reading[]) {
  return <S extends Granting>(
    setting: S,
    isStrict: (wish: Policy[S], own: Policy[S]) => boolean,
    permission: Config['containersMay'][number],
  ): Granted<Policy[S]> => {
    const own = configured[setting]
    const found = findWish(readings, setting)
    if (found === undefined) return { value: own, source: CONFIGURATION, warnings: [] }
    const wish = found.wish as Policy[S]
    if (isStrict(wish, own) || containersMay.includes(permission))
      return { value: wish, source: found.source, warnings: [] }
    return { value: own, source: CONFIGURATION, warnings: [tooLax(found.source, permission)] }
  }
}

function findWish<S extends Setting>(readings: Reading[], setting: S): { wish: Wishes[S]; source: string } | undefined {
  const reading = readings.find(({ wishes, invalid }) => wishes[setting] !== undefined || invalid.includes(setting))
  const wish = reading?.wishes[setting]
  return reading === undefined || wish === undefined ? undefined : { wish, source: reading.source(setting) }
}

function explainAnswer(request: PolicyRequest, readings: Reading[]): Granted<Policy['answer']> {
  const own = request.configured.answer
  const found = findWish(readings, 'answer')
  const value = request.continues === undefined ? own : request.continues ? 'continue' : 'profile'
  if (found === undefined) return { value, source: CONFIGURATION, warnings: [] }
  // Where the loop did not grant the wish, it has said so itself.
  return { value, source: found.wish === value ? found.source : CONFIGURATION, warnings: [] }
}

function tooLax(source: string, permission: string): string {
  return `${source} asks for less than the configuration, which does not list "${permission}" in containersMay; the configuration applies`
}
