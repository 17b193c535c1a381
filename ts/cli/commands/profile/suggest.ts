/** `profile suggest`: the smallest change to a profile that admits what was seen. */

import { readFileSync } from 'node:fs'
import { NotifydError } from '../../../errors.ts'
import { unifiedDiff } from '../../../report/unified-diff.ts'
import { suggest as widen } from '../../../suggest.ts'
import { getJson, type ClientOptions } from '../../client.ts'
import { deniedIn, type DeniedCalls } from '../../denied-calls.ts'
import { EXIT } from '../../exit-codes.ts'
import { listOf } from '../../list.ts'
import { print, say } from '../../output.ts'
import { factsOf, type FactFlags } from '../../profile-facts.ts'
import { readOneProfile } from '../../profile-file.ts'
import { refusedAsUsage } from '../../usage-error.ts'
import { writeWhole } from '../../whole-file.ts'

interface SourceFlags extends ClientOptions {
  report?: string
  container?: string
  calls?: string
}

export interface SuggestFlags extends FactFlags, SourceFlags {
  allowDangerous?: string
  output?: string
}

export async function suggest(file: string, flags: SuggestFlags): Promise<number> {
  const { allowDangerous, output } = flags
  const before = readOneProfile(file)
  const denied = await deniedOf(flags)
  const options = { facts: factsOf(flags), allowDangerous: listOf(allowDangerous) }
  const { document, notes, narrow } = await refusedAsUsage(widen(before, denied.seen, options))
  ;[...notes, ...unknownOf(denied, narrow)].forEach(say)
  if (output !== undefined) writeWhole(output, document.text)
  else print(unifiedDiff(before.text, document.text, file === '-' ? 'profile.json' : file))
  return EXIT.ok
}

async function deniedOf({ report, container, calls, ...client }: SourceFlags): Promise<DeniedCalls> {
  if ([report, container, calls].filter(given => given !== undefined).length !== 1) {
    throw new NotifydError('ERR_USAGE', 'one of --report, --container and --calls says what was denied')
  }
  if (report !== undefined) return ofReport(report)
  if (container !== undefined) return ofContainer(container, client)
  return { seen: listOf(calls).map(syscall => ({ syscall })), more: new Map() }
}

function ofReport(file: string): DeniedCalls {
  const denied = deniedIn(parseJson(file))
  if (denied !== undefined) return denied
  throw new NotifydError('ERR_USAGE', `${file} is no report; accepted: what run --report or verify --format json wrote`)
}

async function ofContainer(id: string, client: ClientOptions): Promise<DeniedCalls> {
  const denied = deniedIn(await getJson(`/v1/containers/${encodeURIComponent(id)}`, client), true)
  if (denied !== undefined) return denied
  const hint = '`seccomp-notifyd ps` lists those that are known'
  throw new NotifydError('ERR_NO_CONTAINER', `no container has the id, name or key "${id}"; ${hint}`)
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new NotifydError('ERR_USAGE', `could not read the report ${file}`, { cause })
  }
}

function unknownOf({ more }: DeniedCalls, narrow: readonly string[]): string[] {
  const partly = [...more].filter(([syscall]) => narrow.includes(syscall))
  return partly.map(
    ([syscall, count]) => `${syscall} was called ${count} times, and the arguments of the first few are known`,
  )
}
