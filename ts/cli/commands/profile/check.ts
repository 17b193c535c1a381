/** `profile check`: what is wrong, risky or odd about a profile. */

import { checkText, type CheckOptions, type ProfileFinding } from '../../../check.ts'
import { countFindings, describeFindings } from '../../../report/check.ts'
import { formatJson } from '../../../report/format.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, say } from '../../output.ts'
import { factsOf, type FactFlags } from '../../profile-facts.ts'
import { readProfile } from '../../profile-file.ts'
import { refusedAsUsage } from '../../usage-error.ts'

export interface CheckFlags extends FactFlags {
  runtime: 'both' | 'runc' | 'crun'
  strict?: boolean
  json?: boolean
}

/** Fails for an error, and with `--strict` for a warning. */
export async function check(file: string, flags: CheckFlags): Promise<number> {
  const findings = await refusedAsUsage(checkText(readProfile(file), optionsOf(flags)))
  show(file, findings, flags)
  const failing = flags.strict === true ? ['error', 'warning'] : ['error']
  return findings.some(({ severity }) => failing.includes(severity)) ? EXIT.failure : EXIT.ok
}

function optionsOf({ runtime, ...flags }: CheckFlags): CheckOptions {
  const facts = factsOf(flags)
  return runtime === 'both' ? { facts } : { facts, runtimes: [runtime] }
}

function show(file: string, findings: readonly ProfileFinding[], { json = false }: CheckFlags): void {
  if (json) return print(formatJson(findings))
  print(describeFindings(file === '-' ? '<stdin>' : file, findings))
  say(`${file === '-' ? 'the profile' : file}: ${countFindings(findings)}`)
}
