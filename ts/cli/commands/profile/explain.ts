/** `profile explain`: what a profile does to one call or to all, and why. */

import { explain as explainAll, explainCall, type ExplainOptions } from '../../../explain.ts'
import { parse, type ProfileFacts } from '../../../profile-text.ts'
import { describeCall, describeProfile } from '../../../report/explain.ts'
import { formatJson } from '../../../report/format.ts'
import { EXIT } from '../../exit-codes.ts'
import { listOf } from '../../list.ts'
import { print, say } from '../../output.ts'
import { readProfile } from '../../profile-file.ts'
import { refusedAsUsage } from '../../usage-error.ts'

export interface ExplainFlags {
  arch?: string
  cap?: string
  kernel?: string
  runtime?: 'runc' | 'crun'
  json?: boolean
}

export async function explain(
  file: string,
  call: string | undefined,
  args: readonly string[],
  flags: ExplainFlags,
): Promise<number> {
  const document = parse(readProfile(file))
  const options = optionsOf(flags)
  if (call === undefined) {
    const found = await refusedAsUsage(explainAll(document, options))
    show(found, describeProfile, flags)
  } else {
    const found = await refusedAsUsage(explainCall(document, call, { ...options, args }))
    show(found, describeCall, flags)
  }
  return EXIT.ok
}

function optionsOf({ arch, cap, kernel, runtime }: ExplainFlags): ExplainOptions {
  const facts: ProfileFacts = {}
  if (cap !== undefined) facts.capabilities = listOf(cap)
  if (kernel !== undefined) facts.kernel = kernel
  return { facts, ...(arch && { abi: arch }), ...(runtime && { runtime }) }
}

function show<T extends { warnings: readonly string[] }>(
  found: T,
  describe: (found: T) => string,
  { json = false }: ExplainFlags,
): void {
  if (json) return print(formatJson(found))
  found.warnings.forEach(say)
  print(describe(found))
}
