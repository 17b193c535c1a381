/** The smallest change to a profile that admits what was seen. A promise, since it is compiled in a process of its own. */

import type { ProfileFacts, SeenCall } from './native.ts'
import { parse, type ProfileDocument } from './profile-text.ts'
import { workApart } from './profile-work.ts'

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
  const { text: widened, notes } = await workApart('widenProfile', text, [...calls], [...allowDangerous], facts)
  return { document: parse(widened), notes }
}
