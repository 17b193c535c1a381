/** What two profiles do differently. A promise, since both are compiled in a process of their own. */

import type { ProfileDifference, ProfileFacts } from './native.ts'
import type { ProfileDocument } from './profile-text.ts'
import { workApart } from './profile-work.ts'

export type { ChangedAbi, ChangedCall, ChangedSetting, ProfileDifference } from './native.ts'

export interface DiffOptions {
  /** What the conditions of rules are compared with. @default what this host and this process have */
  facts?: ProfileFacts
}

/** The calls for which the profiles have different verdicts, whatever their texts and formats are. */
export async function diff(
  before: ProfileDocument,
  after: ProfileDocument,
  { facts = {} }: DiffOptions = {},
): Promise<ProfileDifference> {
  return workApart('diffProfiles', before.text, after.text, facts)
}
