import test from 'ava'
import type { RecordingSummary } from '../../ts/recording-view.ts'
import { describeRecording, recordingTable } from '../../ts/report/recording.ts'

const ENDED = '2026-01-01T00:00:00.000Z'
const summary: RecordingSummary = {
  name: 'web',
  runs: 2,
  running: 0,
  different: 31,
  denied: [],
  complete: true,
  startedAt: ENDED,
  endedAt: ENDED,
  added: [],
}

test('a table says what the last run added, and nothing while there is none', t => {
  const all = [
    summary,
    { ...summary, name: 'db', added: ['mkdir (x86_64)'] },
    { ...summary, name: 'new', endedAt: null },
  ]
  const lines = recordingTable(all, Date.parse(ENDED) + 60_000).split('\n')
  t.regex(lines[0] ?? '', /^NAME +RUNS +RUNNING +CALLS +LAST RUN ADDED +ENDED$/)
  t.regex(lines[1] ?? '', /^web +2 +0 +31 +nothing +\S+ ago$/)
  t.regex(lines[2] ?? '', /^db +2 +0 +31 +1 call +\S+ ago$/)
  t.regex(lines[3] ?? '', /^new +2 +0 +31 *$/)
})

test('of a profile it is told what is not in it, how many runs it has, and what the last one added', t => {
  t.deepEqual(describeRecording(summary), ['web: 2 runs recorded; the last that has ended added nothing'])
  t.deepEqual(describeRecording({ ...summary, runs: 1 }), ['web: 1 run recorded'])
  t.deepEqual(describeRecording({ ...summary, running: 1, denied: ['chroot', 'mount'], complete: false }), [
    'denied while it was recorded, and so not in the profile: chroot, mount',
    'too many different calls were made to tell them apart, so some are not in the profile',
    'web: 2 runs recorded, 1 of them going on',
  ])
  const many = Array.from({ length: 25 }, (_, at) => `call_${at} (x86_64)`)
  t.regex(describeRecording({ ...summary, added: many })[0] ?? '', /added call_0 \(x86_64\), .*, and 5 more$/)
})
