import test from 'ava'
import { formatDuration, parseDuration } from '../../ts/config/duration.ts'

for (const [text, expectedMs] of [
  ['500ms', 500],
  ['5s', 5000],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['0s', 0],
] as const) {
  test(`${text} is ${expectedMs} milliseconds`, t => t.is(parseDuration(text), expectedMs))
}

for (const text of ['5', '', 's', '5 s', '-5s', '5S', '1e3s', '5s ', '5d', 'NaNs', '.5s']) {
  test(`"${text}" is not a duration`, t => t.is(parseDuration(text), undefined))
}

for (const [durationMs, text] of [
  [0, '0s'],
  [1, '1ms'],
  [1500, '1500ms'],
  [90_000, '90s'],
  [120_000, '2m'],
] as const) {
  test(`${durationMs} milliseconds are written ${text}`, t => t.is(formatDuration(durationMs), text))
}
