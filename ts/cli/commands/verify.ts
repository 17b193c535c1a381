/** `verify`: one command, and every call of it that a profile denies. */

import { readFileSync } from 'node:fs'
import { formatBaseline, parseBaseline } from '../../baseline.ts'
import { NotifydError } from '../../errors.ts'
import { formatJson } from '../../report/format.ts'
import { formatJunit } from '../../report/junit.ts'
import { toSarif } from '../../report/sarif.ts'
import type { Subject } from '../../report/subject.ts'
import { describeDenied, summarizeVerification } from '../../report/verify.ts'
import { verify as start, type KnownCall, type Verification, type VerifyOptions } from '../../verify.ts'
import { readVersion } from '../../version.ts'
import { EXIT } from '../exit-codes.ts'
import { forwardSignals } from '../forwarding.ts'
import { listOf } from '../list.ts'
import { say, sayAsIs } from '../output.ts'
import { isProfileFile, readProfile } from '../profile-file.ts'
import { writeWhole } from '../whole-file.ts'

export interface VerifyFlags {
  profile?: string
  cap?: string
  enforce?: boolean
  backtraces: boolean
  probes: 'ignore' | 'count'
  baseline?: string
  writeBaseline?: boolean
  format: 'text' | 'json' | 'junit' | 'sarif'
  output?: string
}

export async function verify(words: string[], flags: VerifyFlags): Promise<number> {
  const options = optionsOf(words, flags)
  const signals = forwardSignals()
  const running = await start(options)
  signals.to(running)
  running.on('warning', say)
  const verification = await running.finished
  tell(verification, words, flags)
  if (verification.exitCode !== 0) return verification.exitCode
  if (flags.writeBaseline === true) return EXIT.ok
  return verification.passed ? EXIT.ok : EXIT.denied
}

function optionsOf([command = '', ...args]: string[], flags: VerifyFlags): VerifyOptions {
  const { profile, cap, enforce = false, probes, backtraces } = flags
  if (profile === undefined) throw new NotifydError('ERR_USAGE', 'verify needs --profile FILE')
  check(flags)
  const baseline = readBaseline(flags)
  const capabilities = cap === undefined ? {} : { capabilities: listOf(cap) }
  return {
    command,
    args,
    profile: readProfile(profile),
    enforce,
    probes,
    baseline,
    detail: { backtraces },
    ...capabilities,
  }
}

function check({ baseline, writeBaseline = false, format, output }: VerifyFlags): void {
  if (writeBaseline && baseline === undefined) {
    throw new NotifydError('ERR_USAGE', '--write-baseline writes the file of --baseline FILE, and there is none')
  }
  if ((format === 'junit' || format === 'sarif') && output === undefined) {
    throw new NotifydError('ERR_USAGE', `--format ${format} is written to a file; add --output FILE`)
  }
}

/** One that is to be written is not read: it need not be there. */
function readBaseline({ baseline: file, writeBaseline = false }: VerifyFlags): KnownCall[] {
  return file === undefined || writeBaseline ? [] : parseBaseline(readText(file), file)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new NotifydError('ERR_BASELINE', `could not read the baseline ${file}`, { cause })
  }
}

/** Files last: where one cannot be written, the rest has been told. */
function tell(verification: Verification, command: string[], flags: VerifyFlags): void {
  const { format, output, baseline, writeBaseline = false } = flags
  if (format === 'json' && output === undefined) sayAsIs(formatJson(verification, 0))
  else tellPeople(verification)
  if (output !== undefined) writeWhole(output, rendered(verification, command, flags))
  if (!writeBaseline || baseline === undefined) return
  const accepted = verification.denied.filter(({ standing }) => standing !== 'probe')
  writeWhole(baseline, formatBaseline(accepted))
  say(`${baseline} accepts ${accepted.length === 1 ? '1 call' : `${accepted.length} calls`}`)
}

function tellPeople(verification: Verification): void {
  sayAsIs(describeDenied(verification.denied))
  for (const sentence of summarizeVerification(verification)) say(sentence)
}

type Render = (verification: Verification, subject: Subject) => string

const RENDERED: Record<VerifyFlags['format'], Render> = {
  text: ({ denied }) => describeDenied(denied),
  json: verification => formatJson(verification),
  junit: formatJunit,
  sarif: (verification, subject) => formatJson(toSarif(verification, subject)),
}

function rendered(verification: Verification, command: string[], { format, profile = '' }: VerifyFlags): string {
  return RENDERED[format](verification, { profile, isFile: isProfileFile(profile), command, version: readVersion() })
}
