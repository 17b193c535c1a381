/** PURE. What a profile's file holds, as JSON: that of an engine, YAML of an operator, or a gadget's advice. */

import { NotifydError } from './errors.ts'
import { adviceIn, adviceOf, chosen } from './gadget-advice.ts'
import { yamlToJson, jsonToYaml } from './profile-yaml.ts'

export interface ProfileSource {
  /** Each piece on the line on which the text has it, where it is of a single profile. */
  json: string
  /** Whether it is what Inspektor Gadget advises. */
  isAdvice: boolean
}

/** @throws NotifydError for YAML that is none, and for advice on several containers of which none is named. */
export function readSource(text: string, container?: string): ProfileSource {
  const stream = adviceIn(text)
  if (stream !== undefined) return { json: chosen(stream, container), isAdvice: true }
  const json = isYaml(text) ? yamlToJson(text) : text
  const advice = adviceOf(json)
  if (advice !== undefined) return { json: chosen(advice, container), isAdvice: true }
  if (container === undefined) return { json, isAdvice: false }
  throw new NotifydError('ERR_USAGE', `the profile is of no container, and so not of ${JSON.stringify(container)}`)
}

export function jsonOf(text: string): string {
  return readSource(text).json
}

/** JSON that was made of a text, as YAML where that was YAML. */
export function writtenLike(text: string, json: string): string {
  return isYaml(text) ? jsonToYaml(json).trimEnd() : json
}

/** A field at the beginning of a line, which neither JSON nor a gadget's stream has. */
export function isYaml(text: string): boolean {
  return /^(?:---|[\w.-]+:(?:\s|$))/m.test(text) && !/^\s*\{/.test(text)
}
