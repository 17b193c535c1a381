/** A profile in another format. A promise, since both texts are compiled in a process of their own. */

import { withoutPlaceholders } from './gadget-advice.ts'
import type { ConvertedProfile, ProfileFacts } from './native.ts'
import { readSource } from './profile-source.ts'
import { workApart } from './profile-work.ts'
import { jsonToYaml } from './profile-yaml.ts'

/** `crio-artifact` is the blob that CRI-O pulls for `seccomp-profile.crio.io`: JSON as Podman reads it. */
export type ProfileDialect = ConvertedProfile['from']

/** `inspektor-gadget` is what its seccomp advisor prints, which nobody but us reads. */
export type SourceDialect = ProfileDialect | 'inspektor-gadget'

export interface ConvertOptions {
  to: ProfileDialect
  /** What the text has to be. @default found from its own fields */
  from?: SourceDialect
  /** Of which container the profile is taken, where a gadget has advised on several. @default the only one */
  container?: string
  /** `metadata.name` of an operator's object that had none before. @default 'profile' */
  name?: string
  /** What conditions are taken for that the format has not, and for which both programs are compared. @default this host */
  facts?: ProfileFacts
}

export interface Converted {
  /** YAML for the operator, else JSON. */
  text: string
  from: SourceDialect
  /** What is not in the result, one sentence each; none of it changes a verdict for the facts. */
  losses: string[]
}

/** Reads JSON and YAML of any of the formats; what would change a verdict is refused. */
export async function convert(text: string, options: ConvertOptions): Promise<Converted> {
  const { to, name = 'profile', facts = {} } = options
  const { json: source, dropped, isAdvice } = read(text, options)
  const from = isAdvice ? 'oci' : options.from
  const target = from === undefined || from === 'inspektor-gadget' ? { to, name } : { to, from, name }
  const found = await workApart('convertProfile', source, target, facts)
  return {
    text: to.startsWith('spo-') ? jsonToYaml(found.json) : `${found.json}\n`,
    from: isAdvice ? 'inspektor-gadget' : found.from,
    losses: [...dropped.map(call => `${call}, which stands for a number without a name`), ...found.losses],
  }
}

/** Of older gadgets a profile is not told from any other, so that it is an advice where that is said. */
function read(text: string, { from, container }: ConvertOptions): Source {
  const { json, isAdvice } = readSource(text, container)
  if (!isAdvice && from !== 'inspektor-gadget') return { json, dropped: [], isAdvice }
  return { ...withoutPlaceholders(json), isAdvice: from === undefined || from === 'inspektor-gadget' }
}

interface Source {
  json: string
  dropped: string[]
  isAdvice: boolean
}
