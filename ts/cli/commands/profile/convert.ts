/** `profile convert`: a profile in another format. */

import { basename } from 'node:path'
import { convert as rewrite, type ConvertOptions, type ProfileDialect, type SourceDialect } from '../../../convert.ts'
import { EXIT } from '../../exit-codes.ts'
import { print, say } from '../../output.ts'
import { factsOf, type FactFlags } from '../../profile-facts.ts'
import { readProfile } from '../../profile-file.ts'
import { refusedAsUsage } from '../../usage-error.ts'
import { writeWhole } from '../../whole-file.ts'

export interface ConvertFlags extends FactFlags {
  to: ProfileDialect
  from?: SourceDialect
  container?: string
  name?: string
  output?: string
}

export async function convert(file: string, { output, ...flags }: ConvertFlags): Promise<number> {
  const { text, losses } = await refusedAsUsage(rewrite(readProfile(file), optionsOf(file, flags)))
  for (const loss of losses) say(`lost: ${loss}`)
  if (output === undefined) print(text)
  else writeWhole(output, text)
  return EXIT.ok
}

function optionsOf(file: string, flags: ConvertFlags): ConvertOptions {
  const { to, from, container, name = nameOf(container ?? file), ...facts } = flags
  return {
    to,
    name,
    facts: factsOf(facts),
    ...(from === undefined ? {} : { from }),
    ...(container === undefined ? {} : { container }),
  }
}

/** The name of the file as Kubernetes takes names. */
function nameOf(file: string): string {
  const stem = basename(file)
    .replace(/\.(json|ya?ml|txt)$/i, '')
    .toLowerCase()
  const name = stem.replaceAll(/[^a-z0-9.-]+/g, '-').replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
  return name === '' ? 'profile' : name
}
