/** `profile merge`: a profile that allows what any of several allows. */

import { NotifydError } from '../../../errors.ts'
import { merge as unite } from '../../../merge.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, say } from '../../output.ts'
import { factsOf, type FactFlags } from '../../profile-facts.ts'
import { readOneProfile } from '../../profile-file.ts'
import { refusedAsUsage } from '../../usage-error.ts'
import { writeWhole } from '../../whole-file.ts'

export interface MergeFlags extends FactFlags {
  output?: string
}

export async function merge(files: readonly string[], { output, ...flags }: MergeFlags): Promise<number> {
  if (files.filter(file => file === '-').length > 1) {
    throw new NotifydError('ERR_USAGE', 'only one of the profiles can be stdin')
  }
  const documents = files.map(readOneProfile)
  const { document, notes } = await refusedAsUsage(unite(documents, { facts: factsOf(flags) }))
  notes.forEach(say)
  const text = `${document.text}\n`
  if (output === undefined) print(text)
  else writeWhole(output, text)
  return EXIT.ok
}
