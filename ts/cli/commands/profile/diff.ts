/** `profile diff`: for which calls two profiles have different verdicts. */

import { diff as compare } from '../../../diff.ts'
import { NotifydError } from '../../../errors.ts'
import { describeDifference, notesOn } from '../../../report/diff.ts'
import { formatJson } from '../../../report/format.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, say } from '../../output.ts'
import { factsOf, type FactFlags } from '../../profile-facts.ts'
import { readOneProfile } from '../../profile-file.ts'
import { refusedAsTrouble } from '../../usage-error.ts'

export interface DiffFlags extends FactFlags {
  json?: boolean
  runtime?: 'runc' | 'crun'
}

/** As diff(1): 1 is a difference, whatever went wrong is 2. */
export async function diff(before: string, after: string, { json = false, ...flags }: DiffFlags): Promise<number> {
  const found = await refusedAsTrouble(compared(before, after, flags))
  if (json) print(formatJson(found))
  else {
    notesOn(found, { before, after }).forEach(say)
    print(describeDifference(found, { before, after }))
  }
  return found.equal ? EXIT.ok : EXIT.failure
}

async function compared(before: string, after: string, { runtime, ...flags }: DiffFlags): ReturnType<typeof compare> {
  if (before === '-' && after === '-') throw new NotifydError('ERR_USAGE', 'only one of the profiles can be stdin')
  return compare(readOneProfile(before), readOneProfile(after), { facts: factsOf(flags), ...(runtime && { runtime }) })
}
