/** The smallest change to a profile that admits what was seen. A promise, since it is compiled in a process of its own. */

import { NotifydError } from './errors.ts'
import type { ProfileFacts, RuleEdit, SeenCall } from './native.ts'
import { isYaml, jsonOf } from './profile-source.ts'
import { parse, type ProfileDocument } from './profile-text.ts'
import { workApart } from './profile-work.ts'
import { saySame, yamlToJson } from './profile-yaml.ts'
import { editYaml } from './yaml-edits.ts'

export type { SeenCall } from './native.ts'

export interface SuggestOptions {
  /** Names of dangerous calls that may be admitted. @default [] */
  allowDangerous?: readonly string[]
  /** What the conditions of rules are compared with. @default what this host and this process have */
  facts?: ProfileFacts
}

export interface Suggestion {
  /** The changed text; bytes that are not concerned are as they were. */
  document: ProfileDocument
  /** What is to be known, one sentence each. */
  notes: string[]
  /** Calls that are admitted for the given arguments alone. */
  narrow: string[]
}

/**
 * Admits the calls: those with a condition in the profile for the arguments that were seen, where these are given. Dangerous
 * ones are refused unless they are named.
 */
export async function suggest(
  { text }: ProfileDocument,
  calls: readonly SeenCall[],
  { allowDangerous = [], facts = {} }: SuggestOptions = {},
): Promise<Suggestion> {
  const json = jsonOf(text)
  const widened = await workApart('widenProfile', json, [...calls], [...allowDangerous], facts)
  const changed = isYaml(text) ? changedYaml(text, widened.edits, widened.text) : widened.text
  return { document: parse(changed), notes: widened.notes, narrow: narrowOf(widened.edits) }
}

function narrowOf(edits: readonly RuleEdit[]): string[] {
  const rules = edits.filter(({ does }) => does === 'add-rule').map(({ json = '{}' }) => ruleIn(json))
  return rules.flatMap(({ names = [], args = [] }) => (args.length === 0 ? [] : names))
}

/** Only its names matter, so that its integers may be rounded. */
function ruleIn(json: string): { names?: string[]; args?: unknown[] } {
  return JSON.parse(json) as { names?: string[]; args?: unknown[] }
}

/** The same edits in the YAML; a `Trace` object has a profile as text, which becomes a profile. */
function changedYaml(text: string, edits: readonly RuleEdit[], wanted: string): string {
  if (edits.length === 0) return text
  if (/^kind: *Trace/m.test(text)) return wanted
  const changed = editYaml(text, edits)
  if (saySame(yamlToJson(changed), wanted)) return changed
  const reason = 'what came of it is something else than was meant; hint: convert it to JSON first'
  throw new NotifydError('ERR_PROFILE', `changing the YAML of the profile: ${reason}`)
}
