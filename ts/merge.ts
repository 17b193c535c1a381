/** One profile of several. A promise, since all are compiled in a process of their own. */

import type { ProfileFacts } from './native.ts'
import { parse, type ProfileDocument } from './profile-text.ts'
import { jsonOf, writtenLike } from './profile-source.ts'
import { workApart } from './profile-work.ts'

export interface MergeOptions {
  /** For which host and container the result is checked. @default what this host and this process have */
  facts?: ProfileFacts
}

export interface Merged {
  /** In the format of the first, with its unknown fields. */
  document: ProfileDocument
  /** What is to be known of it, one sentence each. */
  notes: string[]
}

/** A profile that allows what any of them allows, and denies what all deny; what has no such union is refused. */
export async function merge(documents: readonly ProfileDocument[], { facts = {} }: MergeOptions = {}): Promise<Merged> {
  const texts = documents.map(({ text }) => jsonOf(text))
  const { json, notes } = await workApart('mergeProfiles', texts, facts)
  return { document: parse(writtenLike(documents[0]?.text ?? '', json)), notes }
}
