/** What is wrong, risky or odd about a profile. A promise, since libseccomp compiles the profile, which may take long. */

import { loadNative, type Native, type ProfileFacts, type ProfileFinding } from './native.ts'
import { asked, type ProfileDocument } from './profile-text.ts'

export type { ProfileFinding } from './native.ts'

export interface CheckOptions {
  /** What the conditions of rules are compared with. @default what this host and this process have */
  facts?: ProfileFacts
  /** The runtimes that are to load the profile. @default both */
  runtimes?: readonly ('runc' | 'crun')[]
}

/** All findings, by line, then those that are about no line. */
export function check({ text }: ProfileDocument, options?: CheckOptions, native?: Native): Promise<ProfileFinding[]> {
  return checkText(text, options, native)
}

/** The same of a text that may be no profile, which then is the finding. */
export async function checkText(
  text: string,
  { facts = {}, runtimes }: CheckOptions = {},
  native: Native = loadNative(),
): Promise<ProfileFinding[]> {
  return asked(() => native.checkProfile(text, runtimes && [...runtimes], facts))
}
