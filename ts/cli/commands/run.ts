/** `run`: one command under a filter, without an engine. */

import { NotifydError } from '../../errors.ts'
import { describeCallers } from '../../report/callers.ts'
import { formatJson } from '../../report/format.ts'
import { run as start, type RunOptions, type RunReport } from '../../run.ts'
import { isAllowed } from '../../verdicts.ts'
import { forwardSignals } from '../forwarding.ts'
import { listOf } from '../list.ts'
import { say, sayAsIs } from '../output.ts'
import { readProfile } from '../profile-file.ts'
import { writeWhole } from '../whole-file.ts'

export interface RunFlags {
  profile?: string
  deny?: string
  cap?: string
  action: 'log' | 'stop'
  answer: 'profile' | 'continue'
  probes: 'ignore' | 'count'
  ignore?: string
  detail: 'first' | 'off'
  backtraces: boolean
  /** Milliseconds. */
  debounce: number
  /** Milliseconds. */
  maxDelay: number
  json?: boolean
  report?: string
}

export async function run(words: string[], flags: RunFlags): Promise<number> {
  const signals = forwardSignals()
  const running = await start(optionsOf(words, flags))
  signals.to(running)
  running.on('warning', say)
  const report = await running.finished
  tell(report, flags)
  return report.exitCode
}

function optionsOf([command = '', ...args]: string[], flags: RunFlags): RunOptions {
  const { action, answer, probes, debounce: debounceMs, maxDelay: maxDelayMs } = flags
  const ignore = listOf(flags.ignore)
  const detail = { calls: flags.detail, backtraces: flags.backtraces }
  return { command, args, detail, action, answer, probes, ignore, debounceMs, maxDelayMs, ...denials(flags) }
}

function denials({ profile, deny, cap }: RunFlags): Pick<RunOptions, 'profile' | 'deny' | 'capabilities'> {
  if ((profile === undefined) === (deny === undefined)) {
    throw new NotifydError('ERR_USAGE', 'run needs exactly one of --profile FILE and --deny CALL[,CALL...]')
  }
  if (profile === undefined && cap !== undefined) {
    throw new NotifydError('ERR_USAGE', '--cap chooses among the rules of --profile FILE, and there is none')
  }
  if (profile === undefined) return { deny: listOf(deny) }
  const text = readProfile(profile)
  return cap === undefined ? { profile: text } : { profile: text, capabilities: listOf(cap) }
}

function tell(report: RunReport, { json = false, report: file }: RunFlags): void {
  if (json) sayAsIs(formatJson(report, 0))
  else tellCalls(report)
  // Last: where this fails, the rest has been told.
  if (file !== undefined) writeWhole(file, formatJson(report))
}

/** Where the calls were made, and last what they were. */
function tellCalls({ calls, message }: RunReport): void {
  if (message === null) return
  const denied = calls.filter(({ verdict }) => !isAllowed(verdict))
  for (const line of describeCallers(denied)) say(line)
  say(message)
}
