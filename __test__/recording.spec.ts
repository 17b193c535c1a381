import test from 'ava'
import type { CallCount } from '../ts/container-view.ts'
import { formatRecord, parseRecord } from '../ts/record-file.ts'
import { isComplete, recordedCalls, type RecordedCall } from '../ts/recorded-calls.ts'
import { addRun, NO_RUNS } from '../ts/recording.ts'
import { describeGaps, describeNovelty, describePhases, describeProgress } from '../ts/report/record.ts'

const counted = (syscall: string, number: number, more: Partial<CallCount> = {}): CallCount => ({
  syscall,
  abi: 'x86_64',
  number,
  verdict: 'notify',
  phase: 'run',
  count: 1,
  firstAt: '2026-01-01T00:00:00.000Z',
  lastAt: '2026-01-01T00:00:00.000Z',
  ...more,
})
const second = (seconds: number) => `2026-01-01T00:00:${String(seconds).padStart(2, '0')}.000Z`
const SPAN = { startedAt: second(0), finishedAt: second(20) }
const seen = (syscall: string, number: number, values?: string[], count = 1): RecordedCall => ({
  syscall,
  abi: 'x86_64',
  number,
  count,
  ...(values === undefined ? {} : { values }),
})

test('calls are in order, those of both phases together, with their values', t => {
  const counts = [
    counted('socket', 41, { count: 3 }),
    counted('execve', 59, { phase: 'init' }),
    counted('execve', 59, { count: 2 }),
    counted('socket', 359, { abi: 'i386' }),
  ]
  const values = [
    { abi: 'x86_64', number: 41, values: ['1', '2'] },
    { abi: 'i386', number: 359 },
  ]
  const [execve, of32, socket] = recordedCalls(counts, values, SPAN)
  t.like(execve, seen('execve', 59, undefined, 3))
  t.like(of32, { ...seen('socket', 359), abi: 'i386' })
  t.like(socket, seen('socket', 41, ['1', '2'], 3))
})

test('calls that were counted together are none, and are told', t => {
  const counts = [counted('read', 0), counted('other', -1, { abi: 'other' })]
  t.is(recordedCalls(counts, [], SPAN).length, 1)
  t.false(isComplete(counts))
  t.true(isComplete(counts.slice(0, 1)))
})

test('runs add up, and each says what it added', t => {
  const first = addRun(NO_RUNS, [seen('read', 0, undefined, 5), seen('socket', 41, ['2'])])
  t.is(first.seen.runs, 1)
  t.is(first.novelty.calls.length, 2)
  const next = addRun(first.seen, [seen('socket', 41, ['10', '2'], 2), seen('write', 1)])
  t.deepEqual(next.seen, {
    runs: 2,
    calls: [
      { ...seen('read', 0, undefined, 5), runs: 1 },
      { ...seen('socket', 41, ['2', '10'], 3), runs: 2 },
      { ...seen('write', 1), runs: 1 },
    ],
  })
  t.deepEqual(next.novelty, {
    calls: [seen('write', 1)],
    values: [{ syscall: 'socket', abi: 'x86_64', values: ['10'] }],
  })
  const third = addRun(next.seen, [seen('socket', 41, ['10'])])
  t.deepEqual(third.novelty, { calls: [], values: [] })
  t.is(third.seen.runs, 3)
})

test('a call that was made with too many values is allowed with any, from then on', t => {
  const known = addRun(NO_RUNS, [seen('socket', 41, ['2'])]).seen
  const wide = addRun(known, [seen('socket', 41)])
  t.is(wide.seen.calls[0]?.values, undefined)
  t.deepEqual(wide.novelty.values, [{ syscall: 'socket', abi: 'x86_64', values: [] }])
  const after = addRun(wide.seen, [seen('socket', 41, ['3'])])
  t.is(after.seen.calls[0]?.values, undefined)
  t.deepEqual(after.novelty.values, [])
})

test('the order of runs is no matter', t => {
  const runs = [[seen('socket', 41, ['2'])], [seen('socket', 41, ['10', '1']), seen('read', 0)]]
  const merged = (every: RecordedCall[][]) => every.reduce((all, run) => addRun(all, run).seen, NO_RUNS)
  t.deepEqual(merged(runs), merged(runs.toReversed()))
})

test('what was added is said in one sentence', t => {
  const { seen: known, novelty } = addRun(NO_RUNS, [seen('read', 0)])
  const any = { ioctlRequests: false }
  t.is(describeNovelty(novelty, known, any), '1 run recorded')
  const next = addRun(known, [seen('ioctl', 16, ['21505']), seen('socket', 41, ['1'])])
  t.is(describeNovelty(next.novelty, next.seen, any), '2 runs recorded; this one added ioctl (x86_64), socket (x86_64)')
  const more = addRun(next.seen, [seen('ioctl', 16, ['9']), seen('socket', 41, ['2', '10'])])
  t.is(describeNovelty(more.novelty, more.seen, any), '3 runs recorded; this one added socket with 2 and 10')
  t.regex(describeNovelty(more.novelty, more.seen, { ioctlRequests: true }), /ioctl with 9, socket with 2 and 10$/)
  const again = addRun(more.seen, [seen('ioctl', 16, ['8'])])
  t.is(describeNovelty(again.novelty, again.seen, any), '4 runs recorded; this one added nothing')
})

test('a call has a phase where it was made in that one only, by whomever and in all runs', t => {
  const between = (number: number, first: number, last: number, phase: 'init' | 'run' = 'run') =>
    counted(`call${number}`, number, { phase, firstAt: second(first), lastAt: second(last) })
  const counts = [
    between(1, 0, 5),
    between(2, 6, 14),
    between(3, 15, 20),
    between(4, 1, 10),
    between(5, 0, 20),
    between(6, 0, 0, 'init'),
    between(6, 10, 10),
  ]
  const run = recordedCalls(counts, [], SPAN)
  t.deepEqual(
    run.map(({ only }) => only),
    ['start', 'steady', 'end', undefined, undefined, undefined],
  )
  const once = addRun(NO_RUNS, run).seen
  const other = run.map(call => (call.number === 1 ? { ...call, only: 'end' as const } : call))
  t.deepEqual(describePhases(addRun(once, run).seen), describePhases(once))
  t.deepEqual(describePhases(addRun(once, other).seen), ['only between start and end: call2', 'only at the end: call3'])
})

test('a run that is too short has no phases', t => {
  const only = (seconds: number) =>
    recordedCalls([counted('read', 0)], [], { startedAt: second(0), finishedAt: second(seconds) })[0]?.only
  t.is(only(19), undefined)
  t.is(only(20), 'start')
})

test('progress tells whether there is anything new', t => {
  const calls = [counted('read', 0, { count: 7, firstAt: second(10) }), counted('mkdir', 83, { firstAt: second(30) })]
  t.is(
    describeProgress(calls, Date.parse(second(42))),
    'recording: 8 calls so far, 2 different ones; the last new one was mkdir, 12s ago',
  )
  t.is(describeProgress([], 0), 'recording: 0 calls so far, 0 different ones')
})

test('what the profile cannot hold is told by name', t => {
  const [nameless, newer] = describeGaps({ nameless: ['syscall_600 (x86_64)'], newer: ['mseal'] }, '2.5.4')
  t.regex(nameless ?? '', /^syscall_600 \(x86_64\) has no name/)
  t.regex(newer ?? '', /^mseal is newer than libseccomp 2\.5\.4/)
})

test('a record is read as it was written', t => {
  const { seen: known } = addRun(NO_RUNS, [
    { ...seen('read', 0), only: 'end' },
    seen('socket', 41, ['18446744073709551615']),
  ])
  const file = { seen: known, purpose: { runtimes: ['runc' as const], ioctlRequests: true } }
  t.deepEqual(parseRecord(formatRecord(file), 'r.json'), file)
})

for (const [title, text, says] of [
  ['text that is no JSON', '{', /r\.json is no record of runs: .*--append/],
  ['another version', '{"version":2}', /version/],
  ['a runtime that is not known', '{"version":1,"purpose":{"runtimes":["runsc"],"ioctlRequests":false}}', /runtimes/],
  [
    'a value that is no number',
    '{"version":1,"purpose":{"runtimes":[],"ioctlRequests":false},"runs":1,"calls":[{"syscall":"a","abi":"b","number":1,"runs":1,"count":1,"values":["x"]}]}',
    /values/,
  ],
] as const) {
  test(`${title} is no record`, t => {
    t.throws(() => parseRecord(text, 'r.json'), { code: 'ERR_RECORD', message: says })
  })
}
