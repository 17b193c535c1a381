/** `profile transform`: a profile of which every denial is seen. */

import { defaultPaths } from '../../../config/default-paths.ts'
import { NotifydError } from '../../../errors.ts'
import { parse } from '../../../profile-text.ts'
import { describeCoverage } from '../../../report/coverage.ts'
import { formatJson } from '../../../report/format.ts'
import { transform as rewrite, type TransformOptions } from '../../../transform.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, say } from '../../output.ts'
import { factsOf, type FactFlags } from '../../profile-facts.ts'
import { readProfile } from '../../profile-file.ts'
import { refusedAsUsage } from '../../usage-error.ts'
import { writeWhole } from '../../whole-file.ts'

export interface TransformFlags extends FactFlags {
  runtime: string
  listener?: string
  waitKillable?: boolean
  output?: string
  report?: boolean
  json?: boolean
}

export async function transform(file: string, flags: TransformFlags): Promise<number> {
  const { report: reports = false, json = false, output } = flags
  if (json && !reports) throw new NotifydError('ERR_USAGE', '--json is for the report; add --report')
  const { document, report, warnings } = await refusedAsUsage(rewrite(parse(readProfile(file)), optionsOf(flags)))
  warnings.forEach(say)
  const text = `${document.text}\n`
  if (output !== undefined) writeWhole(output, text)
  if (reports) print(json ? formatJson(report) : describeCoverage(report))
  else if (output === undefined) print(text)
  return EXIT.ok
}

function optionsOf(flags: TransformFlags): TransformOptions {
  const { runtime, listener = defaultListener(), waitKillable = false } = flags
  return { runtime, listenerPath: listener, waitKillable, facts: factsOf(flags) }
}

function defaultListener(): string {
  return defaultPaths({ uid: process.getuid?.() ?? 0, env: process.env }).listenerSocket
}
