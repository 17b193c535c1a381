/** PURE: what a profile asks for in its `listenerMetadata`, read strictly. */

import { isRecordingName } from './recording-name.ts'
import { areNames, isDelay, quote, type Reading, type Wishes } from './wishes.ts'

const METADATA_KEYS = ['v', 'action', 'answer', 'ignore', 'debounceMs', 'program', 'record']

/** Version 1 of our metadata; anything else is left aside as a whole with one warning. */
export function readMetadata(metadata: string | undefined): Reading {
  const none: Reading = { wishes: {}, invalid: [], source: () => 'metadata', warnings: [] }
  if (metadata === undefined || metadata === '') return none
  const wishes = parseMetadata(metadata)
  if (typeof wishes !== 'string') return { ...none, wishes }
  return { ...none, warnings: [`metadata ${wishes}, the configuration applies`] }
}

/** The name that the container's calls are recorded under; only a profile that notifies every call has one. */
export function recordedUnder(metadata: string | undefined): string | undefined {
  if (metadata === undefined || typeof parseMetadata(metadata) === 'string') return undefined
  return parseObject(metadata)?.['record'] as string | undefined
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
  record: isRecordingName,
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
