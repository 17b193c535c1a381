/** What is wrong, risky or odd about a profile. A promise, since the profile is compiled in a process of its own. */

import type { ProfileFacts, ProfileFinding } from './native.ts'
import type { ProfileDocument } from './profile-text.ts'
import { workApart } from './profile-work.ts'

export type { ProfileFinding } from './native.ts'

export interface CheckOptions {
  /** What the conditions of rules are compared with. @default what this host and this process have */
  facts?: ProfileFacts
  /** The runtimes that are to load the profile. @default both */
  runtimes?: readonly ('runc' | 'crun')[]
}

/** All findings, by line, then those that are about no line. */
export function check({ text }: ProfileDocument, options?: CheckOptions): Promise<ProfileFinding[]> {
  return checkText(text, options)
}

/** The same of a text that may be no profile, which then is the finding. */
export async function checkText(text: string, { facts = {}, runtimes }: CheckOptions = {}): Promise<ProfileFinding[]> {
  return workApart('checkProfile', text, runtimes && [...runtimes], facts)
}
