/** `record`: one command, and the smallest profile that lets it run. */

import { existsSync, readFileSync } from 'node:fs'
import { NotifydError } from '../../errors.ts'
import { describeGaps, describeNovelty, describePhases, describeProgress } from '../../report/record.ts'
import { formatRecord, parseRecord, type RecordFile } from '../../record-file.ts'
import { libseccompVersion, record as start, recordedProfile, type RecordedRun } from '../../record.ts'
import { addRun, NO_RUNS } from '../../recording.ts'
import { forwardSignals } from '../forwarding.ts'
import { say } from '../output.ts'
import { runtimesOf } from '../runtimes-of.ts'
import { writeWhole } from '../whole-file.ts'

export interface RecordFlags {
  output?: string
  append?: boolean
  for?: string
  ioctlRequests?: boolean
}

/** Between two lines on how a long run goes. */
const PROGRESS_MS = 30_000

export async function record([command = '', ...args]: string[], flags: RecordFlags): Promise<number> {
  const { output } = flags
  if (output === undefined) throw new NotifydError('ERR_USAGE', 'record needs --output FILE, the profile to be written')
  const before = await recordBefore(output, flags)
  const signals = forwardSignals()
  const running = await start({ command, args })
  signals.to(running)
  running.on('warning', say)
  const progress = setInterval(() => say(describeProgress(running.calls(), Date.now())), PROGRESS_MS)
  const run = await running.finished
  clearInterval(progress)
  await keep(output, before, run)
  return run.exitCode
}

async function recordBefore(output: string, flags: RecordFlags): Promise<RecordFile> {
  const known = flags.append === true ? await readKnown(output) : undefined
  const { seen, purpose } = known ?? { seen: NO_RUNS, purpose: { runtimes: [], ioctlRequests: false } }
  return {
    seen,
    purpose: {
      runtimes: flags.for === undefined ? purpose.runtimes : runtimesOf(flags.for),
      ioctlRequests: flags.ioctlRequests ?? purpose.ioctlRequests,
    },
  }
}

/** Nothing where neither the profile nor its record is there. What was edited by hand would be lost, so it is refused. */
async function readKnown(output: string): Promise<RecordFile | undefined> {
  const file = besides(output)
  if (!existsSync(output) && !existsSync(file)) return undefined
  const known = parseRecord(read(file), file)
  const { json } = await recordedProfile(known.seen.calls, known.purpose)
  if (read(output) === json) return known
  throw new NotifydError(
    'ERR_RECORD',
    `${output} is not what its record ${file} makes, so a run appended to it would undo what was changed; ` +
      'record into another file, or without --append',
  )
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new NotifydError('ERR_RECORD', `could not read ${file}, to which a run was to be appended`, { cause })
  }
}

function besides(output: string): string {
  return `${output}.record.json`
}

async function keep(output: string, { seen: before, purpose }: RecordFile, run: RecordedRun): Promise<void> {
  const { seen: all, novelty } = addRun(before, run.calls)
  const { json, ...gaps } = await recordedProfile(all.calls, purpose)
  writeWhole(output, json)
  writeWhole(besides(output), formatRecord({ seen: all, purpose }))
  if (run.exitCode !== 0)
    say(`the command ended with ${run.signal ?? run.exitCode}; what it called until then is recorded`)
  if (!run.complete) say('the command made too many different calls to tell them apart, so some are not in the profile')
  describeGaps(gaps, libseccompVersion()).forEach(say)
  say(`${output}: ${describeNovelty(novelty, all, purpose)}`)
  describePhases(all).forEach(say)
}
