import test from 'ava'
import { formatBaseline, parseBaseline } from '../ts/baseline.ts'

const CALLS = [
  { syscall: 'mkdir', abi: 'x86_64' },
  { syscall: 'chroot', abi: 'x86_64' },
  { syscall: 'mkdir', abi: 'i386' },
  { syscall: 'mkdir', abi: 'x86_64' },
]

test('what is written is read again, once each and in order', t => {
  const text = formatBaseline(CALLS)
  t.deepEqual(parseBaseline(text, 'b.json'), [
    { syscall: 'chroot', abi: 'x86_64' },
    { syscall: 'mkdir', abi: 'i386' },
    { syscall: 'mkdir', abi: 'x86_64' },
  ])
  t.is(text.split('\n').filter(line => line.includes('syscall')).length, 3, 'one line each')
  t.is(formatBaseline(CALLS.toReversed()), text)
})

test('none is a baseline too', t => t.deepEqual(parseBaseline(formatBaseline([]), 'b.json'), []))

for (const [title, text, says] of [
  ['text that is no JSON', 'mkdir', /b\.json is no baseline: .*JSON.*--write-baseline/],
  ['another version', '{"version": 2, "calls": []}', /version/],
  ['a field that nobody reads', '{"version": 1, "calls": [], "call": []}', /call\b/],
  ['a call without a name', '{"version": 1, "calls": [{"syscall": "", "abi": "i386"}]}', /calls\.0\.syscall/],
] as const) {
  test(`${title} is refused`, t => {
    t.throws(() => parseBaseline(text, 'b.json'), { code: 'ERR_BASELINE', message: says })
  })
}
