/** `profile show`: a profile, as it is written or resolved. */

import { NotifydError } from '../../../errors.ts'
import { parse, resolve } from '../../../profile-text.ts'
import { EXIT } from '../../exit-codes.ts'
import { print } from '../../output.ts'
import { factsOf, type FactFlags } from '../../profile-facts.ts'
import { readProfile } from '../../profile-file.ts'
import { refusedAsUsage } from '../../usage-error.ts'

export interface ShowFlags extends FactFlags {
  resolve?: boolean
}

export async function show(file: string, flags: ShowFlags): Promise<number> {
  const text = await refusedAsUsage(shown(file, flags))
  print(text.endsWith('\n') ? text : `${text}\n`)
  return EXIT.ok
}

async function shown(file: string, flags: ShowFlags): Promise<string> {
  const facts = factsOf(flags)
  if (flags.resolve !== true && Object.keys(facts).length > 0) {
    throw new NotifydError('ERR_USAGE', '--arch, --cap and --kernel choose rules for --resolve; add it')
  }
  const document = parse(readProfile(file))
  return flags.resolve === true ? resolve(document, facts).document.text : document.text
}
