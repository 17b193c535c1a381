/** A profile in another format. A promise, since both texts are compiled in a process of their own. */

import type { ConvertedProfile, ProfileFacts } from './native.ts'
import { workApart } from './profile-work.ts'
import { jsonOf, yamlOf } from './profile-yaml.ts'

/** `crio-artifact` is the blob that CRI-O pulls for `seccomp-profile.crio.io`: JSON as Podman reads it. */
export type ProfileDialect = ConvertedProfile['from']

export interface ConvertOptions {
  to: ProfileDialect
  /** What the text has to be. @default found from its own fields */
  from?: ProfileDialect
  /** `metadata.name` of an operator's object that had none before. @default 'profile' */
  name?: string
  /** What conditions are taken for that the format has not, and for which both programs are compared. @default this host */
  facts?: ProfileFacts
}

export interface Converted {
  /** YAML for the operator, else JSON. */
  text: string
  from: ProfileDialect
  /** What is not in the result, one sentence each; none of it changes a verdict for the facts. */
  losses: string[]
}

/** Reads JSON and YAML of any of the formats; what would change a verdict is refused. */
export async function convert(text: string, options: ConvertOptions): Promise<Converted> {
  const { to, from, name = 'profile', facts = {} } = options
  const target = from === undefined ? { to, name } : { to, from, name }
  const { json, ...rest } = await workApart('convertProfile', jsonOf(text), target, facts)
  return { text: to.startsWith('spo-') ? yamlOf(json) : `${json}\n`, ...rest }
}
