/** Containers that are recorded, with a stand-in of the addon. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { joined, NOTHING, unitedAll, type OpenRun } from '../ts/recorded-run.ts'
import { ended, formatRecording, newRecording, parseRecording } from '../ts/recording-file.ts'
import { recordingFiles } from '../ts/recording-files.ts'
import { recordingView } from '../ts/recording-view.ts'
import { startFake, type Setting } from './helpers/daemon.ts'
import { ALLOW, NUMBERS, X86_64 } from './helpers/fake-native.ts'
import type { Count } from '../ts/native.ts'

const BEGIN = '2026-01-01T00:00:00.000Z'
const LATER = '2026-01-01T00:00:05.000Z'

function attachRecorded({ fake }: Setting, name: string, id = name): number {
  return fake.attach(id, { state: { metadata: JSON.stringify({ v: 1, record: name }) } })
}

function allowed(name: keyof typeof NUMBERS, count = 1, number: number = NUMBERS[name]): Count {
  return { arch: X86_64, number, verdict: ALLOW, init: false, count, firstAtMs: 1, lastAtMs: 2 }
}

function covered({ daemon }: Setting, name: string): [string, number, number][] {
  return (daemon.recording(name)?.calls ?? []).map(call => [call.syscall, call.count, call.runs])
}

function warnings({ daemon }: Setting): string[] {
  return daemon.containers().flatMap(view => view.warnings)
}

test('runs of one name come to one recording, and the second tells what it added', async t => {
  const setting = await startFake(t)
  for (const [count, name] of [
    [3, 'mkdir'],
    [2, 'mkdir'],
    [1, 'chroot'],
  ] as const) {
    // prettier-ignore
    const listener = attachRecorded(setting, 'web')
    setting.fake.recordings.set(listener, { counts: [allowed(name, count)], values: [] })
    setting.fake.detach(listener)
    setting.daemon.containers()
  }
  t.deepEqual(covered(setting, 'web'), [['chroot', 1, 1], ['mkdir', 5, 2]]) // prettier-ignore
  t.like(setting.daemon.recording('web'), { runs: 3, running: 0, different: 2, added: ['chroot (x86_64)'] })
  const told = setting.logs.filter(({ text }) => text === 'run recorded').map(({ added }) => added)
  t.deepEqual(told, [['mkdir (x86_64)'], [], ['chroot (x86_64)']])
  const folder = join(setting.config.stateDir, 'recordings')
  t.deepEqual(readdirSync(folder), ['web.json'])
  t.is(statSync(join(folder, 'web.json')).mode & 0o777, 0o600)
})

test('a container that runs is shown with what it has called until now, listeners summed', async t => {
  const setting = await startFake(t)
  const [one, other] = [attachRecorded(setting, 'web'), attachRecorded(setting, 'web')]
  setting.fake.recordings.set(one, { counts: [allowed('mkdir', 3)], values: [] })
  setting.fake.recordings.set(other, { counts: [allowed('mkdir', 4)], values: [] })
  t.like(setting.daemon.recording('web'), { endedAt: null, added: [] })
  t.is(setting.daemon.recording('web')?.calls[0]?.count, 7)
  setting.fake.recordings.set(one, { counts: [allowed('mkdir', 5)], values: [] })
  t.is(setting.daemon.recording('web')?.calls[0]?.count, 9)
  t.is(setting.daemon.recording('db'), undefined)
})

test('what the runtime calls is recorded and no news, until the program calls it', async t => {
  const setting = await startFake(t)
  const calls = [{ ...allowed('chroot'), init: true }, allowed('mkdir')]
  for (const counts of [
    calls,
    [...calls, { ...allowed('capset'), init: true }],
    [allowed('capset'), allowed('mkdir')],
  ]) {
    const listener = attachRecorded(setting, 'web')
    setting.fake.recordings.set(listener, { counts, values: [] })
    setting.fake.detach(listener)
    setting.daemon.containers()
  }
  const told = setting.logs.filter(({ text }) => text === 'run recorded').map(({ added }) => added)
  t.deepEqual(told, [['mkdir (x86_64)'], [], ['capset (x86_64)']])
  const { different, calls: seen = [] } = setting.daemon.recording('web') ?? {}
  t.is(different, 2)
  t.deepEqual(seen.filter(({ runtime }) => runtime === true).map(({ syscall, runs }) => `${syscall} ${runs}`), ['chroot 2']) // prettier-ignore
})

test('denied calls are told apart, and recorded ones are nothing forbidden', async t => {
  const setting = await startFake(t, { policy: { action: 'stop' } })
  const listener = attachRecorded(setting, 'web')
  setting.fake.recordings.set(listener, { counts: [allowed('mkdir', 1000)], values: [] })
  setting.fake.call(listener, 'chroot', { init: true })
  setting.fake.detach(listener)
  t.like(setting.daemon.recording('web'), { denied: ['chroot'], different: 1 })
  t.is(await setting.metric('seccomp_notifyd_stops_total'), 0)
  const [view] = setting.daemon.containers()
  t.deepEqual([view?.recording, view?.calls.map(({ syscall }) => syscall)], ['web', ['chroot']])
})

test('names beyond the bound record nothing and say so, and a recording that is deleted makes room', async t => {
  const setting = await startFake(t)
  for (const name of ['a', 'b', 'c']) {
    const listener = attachRecorded(setting, name)
    setting.fake.recordings.set(listener, { counts: [allowed('mkdir')], values: [] })
    setting.fake.detach(listener)
    setting.daemon.containers()
  }
  t.deepEqual(setting.daemon.recordings().map(({ name }) => name), ['a', 'b']) // prettier-ignore
  t.regex(
    warnings(setting).join(),
    /^nothing is recorded under c: there are 2 recordings, the most that recordings\.maxNames lets; /,
  )
  t.true(setting.daemon.forgetRecording('a'))
  t.false(setting.daemon.forgetRecording('a'))
  attachRecorded(setting, 'c')
  t.deepEqual(setting.daemon.recordings().map(({ name }) => name), ['b', 'c']) // prettier-ignore
  t.false(setting.daemon.forgetRecording('../../etc'))
})

test('a container that called nothing leaves no recording', async t => {
  const setting = await startFake(t)
  setting.fake.detach(attachRecorded(setting, 'web'))
  setting.daemon.containers()
  t.deepEqual(setting.daemon.recordings(), [])
})

test('who only asks for it is told why nothing is recorded', async t => {
  const setting = await startFake(t)
  const annotated = (name: string) => ({ state: { annotations: { 'seccomp-notifyd.io/record': name } } })
  setting.fake.attach('a', annotated('web'))
  setting.fake.attach('b', annotated('../x'))
  setting.fake.attach('c', { state: { metadata: '{"v":1,"record":"../x"}' } })
  const said = warnings(setting)
  t.is(said.length, 3)
  t.regex(said[0] ?? '', /asks for a recording, and the profile does not notify every call; .*; nothing is recorded$/)
  t.regex(said[1] ?? '', /has the value "\.\.\/x", which is no name; accepted: 1 to 128 of .*; nothing is recorded$/)
  t.regex(said[2] ?? '', /^metadata has an unusable value for record/)
  t.deepEqual(setting.daemon.recordings(), [])
})

test('a caller from outside of the container adds nothing to its recording', async t => {
  const setting = await startFake(t)
  const listener = attachRecorded(setting, 'web')
  setting.fake.recordings.set(listener, { counts: [allowed('mkdir')], values: [] })
  setting.fake.member(listener, false)
  setting.fake.detach(listener)
  setting.daemon.containers()
  t.deepEqual(setting.daemon.recordings(), [])
})

test('what is open is written every ten seconds, and has ended where the container does not come back', async t => {
  const setting = await startFake(t)
  const listener = attachRecorded(setting, 'web')
  setting.fake.recordings.set(listener, { counts: [allowed('mkdir')], values: [] })
  setting.clock.advance(10_000)
  const { stateDir } = setting.config
  const written = parseRecording(readFileSync(join(stateDir, 'recordings/web.json'), 'utf8'))
  t.is(written.runs, 0)
  const [open] = written.open
  t.deepEqual(open?.calls.map(({ syscall }) => syscall), ['mkdir']) // prettier-ignore
  const again = (resumed: string[]) =>
    recordingFiles({ stateDir, resumed: new Set(resumed), problem: text => t.fail(text) })
  t.like(again([]).load()[0], { runs: 1, open: [] })
  t.like(again([open?.key ?? '']).load()[0], { runs: 0, open: [open] })
})

test('a file that cannot be used is not replaced', async t => {
  const problems: string[] = []
  const stateDir = temporary(t)
  const folder = join(stateDir, 'recordings')
  mkdirSync(folder)
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 })
  put('good.json', formatRecording(newRecording('good', BEGIN)))
  put('other.json', formatRecording(newRecording('good', BEGIN)))
  put('cut.json', formatRecording(newRecording('cut', BEGIN)).slice(0, -9))
  put('odd.json', '{"version":2}')
  put('.x.json', 'not looked at')
  put('web.json.new', 'not looked at')
  const files = recordingFiles({ stateDir, problem: text => void problems.push(text) })
  t.deepEqual(files.load().map(({ name }) => name), ['good']) // prettier-ignore
  t.is(problems.length, 3)
  for (const name of ['other', 'cut', 'odd']) t.regex(files.problemOf(name) ?? '', /^its file .* cannot be used: /)
  t.is(files.problemOf('good'), undefined)
  t.is(statSync(folder).mode & 0o777, 0o700)
})

test('what two daemons saw of one container is one run', t => {
  const call = (syscall: string, number: number, count: number, firstAt: string, lastAt: string) => {
    return { syscall, abi: 'x86_64', number, count, firstAt, lastAt }
  }
  const before = {
    calls: [call('mkdir', 83, 2, BEGIN, BEGIN)],
    values: [{ abi: 'x86_64', number: 41, values: ['1'] }],
    denied: ['mount'],
  }
  const now = {
    calls: [call('mkdir', 83, 3, LATER, LATER), call('read', 0, 1, LATER, LATER)],
    values: [{ abi: 'x86_64', number: 41, values: ['10', '1'] }],
    denied: ['bpf'],
  }
  t.deepEqual(joined(before, now), {
    calls: [call('mkdir', 83, 5, BEGIN, LATER), call('read', 0, 1, LATER, LATER)],
    values: [{ abi: 'x86_64', number: 41, values: ['1', '10'] }],
    denied: ['bpf', 'mount'],
  })
  t.deepEqual(joined(before, NOTHING), before)
  t.deepEqual(joined(NOTHING, now).calls, now.calls)
})

test('too many values are any value, however they came together', t => {
  const values = (from: number) => [
    { abi: 'x86_64', number: 16, values: Array.from({ length: 40 }, (_, at) => `${from + at}`) },
  ]
  t.is(unitedAll(values(0), values(0))[0]?.values?.length, 40)
  t.deepEqual(unitedAll(values(0), values(40)), [{ abi: 'x86_64', number: 16 }])
  t.deepEqual(unitedAll(unitedAll(values(0), values(40)), values(0)), [{ abi: 'x86_64', number: 16 }])
})

test('runs that make calls up do not fill the memory', t => {
  const many = (from: number): OpenRun => {
    const calls = Array.from({ length: 1024 }, (_, at) => ({
      syscall: `syscall_${from + at}`,
      abi: 'x86_64',
      number: from + at,
      count: 1,
      firstAt: BEGIN,
      lastAt: BEGIN,
    }))
    return { key: `k${from}`, startedAt: BEGIN, calls, values: [], denied: [] }
  }
  let file = newRecording('web', BEGIN)
  for (let from = 0; from < 10; from += 1) file = ended(file, many(1000 + from * 1024), LATER)
  t.is(file.runs, 10)
  t.is(file.calls.length, 2048)
  t.false(file.complete)
  t.deepEqual(parseRecording(formatRecording(file)), file)
  const view = recordingView(file, [many(5)], LATER)
  t.like(view, { runs: 11, running: 1, different: 2048 })
})

function temporary(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sn-recordings-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}
