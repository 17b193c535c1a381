/** What is wrong, risky or odd about a profile. A promise, since the profile is compiled in a process of its own. */

import { errorText } from './errors.ts'
import type { ProfileFacts, ProfileFinding } from './native.ts'
import type { ProfileDocument } from './profile-text.ts'
import { jsonOf } from './profile-source.ts'
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
  const json = readable(text)
  if (typeof json !== 'string') return [json]
  return workApart('checkProfile', json, runtimes && [...runtimes], facts)
}

/** What keeps a text that is no JSON from being read is a finding like those about JSON. */
function readable(text: string): string | ProfileFinding {
  try {
    return jsonOf(text)
  } catch (error) {
    return { severity: 'error', code: 'invalid', message: errorText(error) }
  }
}
