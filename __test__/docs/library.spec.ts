/** docs/library.md names what there is: the compiler knows all members of a type, the module all exports. */

import test from 'ava'
import type {
  DaemonEvents,
  NotifydEvent,
  RecordedRun,
  RunEvents,
  RunOptions,
  RunReport,
  Verification,
  VerifyOptions,
} from '../../ts/index.ts'
import * as entry from '../../ts/index.ts'
import { codesOf, readDocument, tableOf, withoutBlocks } from '../helpers/documents.ts'

type All<T> = Record<keyof T, true>

const OPTIONS: All<RunOptions> = {
  command: true,
  args: true,
  env: true,
  cwd: true,
  deny: true,
  errno: true,
  profile: true,
  capabilities: true,
  action: true,
  answer: true,
  ignore: true,
  probes: true,
  debounceMs: true,
  maxDelayMs: true,
  detail: true,
  signal: true,
}
const RUN_EVENTS: All<RunEvents> = { event: true, incident: true, warning: true, exited: true }
const DAEMON_EVENTS: All<DaemonEvents> = {
  event: true,
  attached: true,
  named: true,
  incident: true,
  stopped: true,
  ended: true,
  refused: true,
  warning: true,
}
const REPORT: All<RunReport> = {
  exitCode: true,
  signal: true,
  reason: true,
  message: true,
  calls: true,
  incidents: true,
  incidentsTotal: true,
  warnings: true,
  startedAt: true,
  finishedAt: true,
}
const VERIFY: All<Omit<VerifyOptions, keyof RunOptions | 'probes'> & Pick<VerifyOptions, 'probes'>> = {
  enforce: true,
  baseline: true,
  probes: true,
}
const VERIFICATION: All<Omit<Verification, keyof RunReport>> = { denied: true, passed: true, unused: true }
const RECORDED: All<Omit<RecordedRun, Exclude<keyof RunReport, 'calls'>>> = { calls: true, complete: true }
const EVENT: All<NotifydEvent> = {
  container: true,
  syscall: true,
  abi: true,
  number: true,
  verdict: true,
  errno: true,
  phase: true,
  continued: true,
  args: true,
  instructionPointer: true,
  tid: true,
  atMs: true,
  latencyNs: true,
  notificationId: true,
  sequence: true,
  detail: true,
}

const page = readDocument('docs/library.md')
const section = (heading: string) => page.split(/^## /m).find(text => text.startsWith(`${heading}\n`)) ?? ''
const firsts = (text: string, header: string) => tableOf(text, header).map(([cell = '']) => codesOf(cell)[0] ?? '')

for (const [title, text, header, all] of [
  ['options of run', page, 'option', OPTIONS],
  ['events of a run', page, 'event of a run', RUN_EVENTS],
  ['members of a report', section('`run(options)`'), 'member', REPORT],
  ['options of verify', page, 'option of verify', VERIFY],
  ['members of a verification', page, 'member of a verification', VERIFICATION],
  ['members of a recorded run', page, 'member of a recorded run', RECORDED],
  ['events of a daemon', page, 'event of a daemon', DAEMON_EVENTS],
  ['members of an event', section('Answered calls'), 'member', EVENT],
] as const) {
  test(`${title} are all in the table`, t => t.deepEqual(firsts(text, header), Object.keys(all)))
}

test('every export is named', t => {
  const codes = codesOf(withoutBlocks(page)).map(code => code.replace(/\(.*$/, ''))
  const missing = Object.keys(entry).filter(name => name !== 'NotifydError' && !codes.includes(name))
  t.deepEqual(missing, [])
  t.true(page.includes('`NotifydError`s'))
})

test('every function of profiles is in the table', t => {
  const names = firsts(section('Profiles'), 'function of `profiles`').map(code => code.replace(/\(.*$/, ''))
  t.deepEqual(names.toSorted(), Object.keys(entry.profiles).toSorted())
})
