/** `profile suggest`: the smallest change to a profile that admits what was seen. */

import { NotifydError } from '../../../errors.ts'
import type { SeenCall } from '../../../native.ts'
import { unifiedDiff } from '../../../report/unified-diff.ts'
import { suggest as widen } from '../../../suggest.ts'
import { readDeniedCalls } from '../../denied-calls.ts'
import { EXIT } from '../../exit-codes.ts'
import { listOf } from '../../list.ts'
import { print, say } from '../../output.ts'
import { factsOf, type FactFlags } from '../../profile-facts.ts'
import { readOneProfile } from '../../profile-file.ts'
import { refusedAsUsage } from '../../usage-error.ts'
import { writeWhole } from '../../whole-file.ts'

export interface SuggestFlags extends FactFlags {
  report?: string
  calls?: string
  allowDangerous?: string
  output?: string
}

export async function suggest(file: string, flags: SuggestFlags): Promise<number> {
  const { report, calls, allowDangerous, output, ...facts } = flags
  const before = readOneProfile(file)
  const options = { facts: factsOf(facts), allowDangerous: listOf(allowDangerous) }
  const { document, notes } = await refusedAsUsage(widen(before, seen(report, calls), options))
  notes.forEach(say)
  if (output !== undefined) writeWhole(output, document.text)
  else print(unifiedDiff(before.text, document.text, file === '-' ? 'profile.json' : file))
  return EXIT.ok
}

function seen(report: string | undefined, calls: string | undefined): SeenCall[] {
  if ((report === undefined) === (calls === undefined)) {
    throw new NotifydError('ERR_USAGE', 'either --report or --calls says what was denied, and not both')
  }
  return report === undefined ? listOf(calls).map(syscall => ({ syscall })) : readDeniedCalls(report)
}
