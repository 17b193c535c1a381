/** What two profiles do differently. A promise, since both are compiled in a process of their own. */

import type { ProfileDifference, ProfileFacts } from './native.ts'
import type { ProfileDocument } from './profile-text.ts'
import { jsonOf } from './profile-source.ts'
import { workApart } from './profile-work.ts'

export type { ChangedAbi, ChangedCall, ChangedSetting, ProfileDifference } from './native.ts'

export interface DiffOptions {
  /** What the conditions of rules are compared with. @default what this host and this process have */
  facts?: ProfileFacts
  /** Who loads them: runc answers numbers above all that a profile names with ENOSYS. @default nobody: the programs alone */
  runtime?: 'runc' | 'crun'
}

/** The calls for which the profiles have different verdicts, whatever their texts and formats are. */
export async function diff(
  before: ProfileDocument,
  after: ProfileDocument,
  { facts = {}, runtime }: DiffOptions = {},
): Promise<ProfileDifference> {
  return workApart('diffProfiles', jsonOf(before.text), jsonOf(after.text), runtime, facts)
}
