/** Profiles of which every denial is seen. */

import type { ProfileFacts, TransformedProfile, TransformTarget } from './native.ts'
import { parse, type ProfileDocument } from './profile-text.ts'
import { jsonOf, writtenLike } from './profile-source.ts'
import { workApart } from './profile-work.ts'

export type { AbiCoverage, CoverageReport, TransformTarget, UnseenCall } from './native.ts'

export interface TransformOptions extends TransformTarget {
  /** What the conditions of rules are compared with. @default what this host and this process have */
  facts?: ProfileFacts
}

/** A rewritten profile; `program` is struct sock_filter[] of the original, by which the daemon answers. */
export type Transformed = Omit<TransformedProfile, 'json'> & { document: ProfileDocument }

/**
 * Rewrites a profile so that every denial notifies the daemon, and checks that nothing else changes; one that fails the
 * check is refused with the call that disagrees. What was rewritten already stays as it is.
 */
export async function transform({ text }: ProfileDocument, options: TransformOptions): Promise<Transformed> {
  const { facts = {}, ...target } = options
  const { json, ...rest } = await workApart('transformProfile', jsonOf(text), target, facts)
  return { ...rest, document: parse(writtenLike(text, json)) }
}
