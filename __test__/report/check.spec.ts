import test from 'ava'
import type { ProfileFinding } from '../../ts/native.ts'
import { countFindings, describeFindings } from '../../ts/report/check.ts'

const finding = (severity: ProfileFinding['severity'], line?: number): ProfileFinding => ({
  severity,
  code: 'flags',
  message: 'told',
  ...(line === undefined ? {} : { line }),
})

test('a finding is a line that editors jump to', t =>
  t.is(describeFindings('a.json', [finding('warning', 7)]), 'a.json:7: warning: told [flags]\n'))

test('a finding about the whole profile has no line', t =>
  t.is(describeFindings('a.json', [finding('error')]), 'a.json: error: told [flags]\n'))

test('a file cannot send commands to a terminal', t =>
  t.is(describeFindings('\u001b[2J', [finding('note')]), '\\x1b[2J: note: told [flags]\n'))

for (const [told, severities] of [
  ['no findings', []],
  ['1 error', ['error']],
  ['1 error and 2 notes', ['note', 'error', 'note']],
  ['2 errors, 1 warning and 1 note', ['error', 'error', 'warning', 'note']],
] as const) {
  test(`${told} are counted`, t => t.is(countFindings(severities.map(severity => finding(severity))), told))
}
