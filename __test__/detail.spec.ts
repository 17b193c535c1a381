import test from 'ava'
import { readDetail } from '../ts/detail.ts'
import { createDetails } from '../ts/details.ts'
import { callText, callerText } from '../ts/report/detail.ts'

const WHOLE = {
  pid: 7,
  comm: 'sh',
  exe: '/bin/sh',
  cmdline: ['sh', '-c', 'chroot /x'],
  cwd: '/',
  args: ['"/x"'],
  site: '00000000000000ff',
  frames: [],
  framesEnd: 'its time was over',
}
const nothing = {
  pid: null,
  comm: null,
  exe: null,
  cmdline: [],
  cwd: null,
  args: [],
  site: null,
  frames: [],
  framesEnd: null,
}

test('what was read is told as it was', t => {
  t.deepEqual(readDetail({ text: JSON.stringify(WHOLE) }), { missing: null, ...WHOLE })
})

test('why nothing was read is told', t => {
  t.deepEqual(readDetail({ missing: 'timed out' }), { missing: 'timed out', ...nothing })
  t.deepEqual(readDetail({ missing: 'something new' }), { missing: 'failed', ...nothing })
})

test('what is of another shape is left out, and nothing is longer than a page can bear', t => {
  const odd = { pid: '7', comm: ['sh'], exe: null, cmdline: 'sh', args: [1, '"/x"', null], frames: {} }
  t.deepEqual(readDetail({ text: JSON.stringify(odd) }), { missing: null, ...nothing, args: ['"/x"'] })
  for (const text of ['', '{', 'null', '[]', '7']) {
    t.deepEqual(readDetail({ text }), { missing: null, ...nothing }, text)
  }
  const long = 'x'.repeat(100_000)
  const all = { comm: long, exe: long, cmdline: Array(1000).fill(long), args: Array(100).fill(long) }
  t.true(JSON.stringify(readDetail({ text: JSON.stringify(all) })).length < 50_000)
})

const detailOf = (number: number, text?: string, args = ['0x0', '0x0', '0x0', '0x0', '0x0', '0x0']) => ({
  listener: 1,
  args,
  sequence: number,
  arch: 1,
  number,
  verdict: 2,
  ...(text === undefined ? { missing: 'timed out' } : { text }),
})

test('of each kind the last that was read is kept, and not of too many kinds', t => {
  const details = createDetails()
  for (const text of ['{"comm":"a"}', '{"comm":"b"}', undefined]) details.note(detailOf(161, text))
  t.is(details.of('1:161:2:0')?.comm, 'b')
  t.is(details.of('1:161:2:1'), undefined)
  for (let number = 0; number < 100; number++) details.note(detailOf(number))
  const kept = Array.from({ length: 100 }, (_, number) => details.of(`1:${number}:2:0`)).filter(each => each)
  t.is(kept.length, 15)
  details.note(detailOf(0, '{"comm":"later"}'))
  t.is(details.of('1:0:2:0')?.comm, 'later')
})

const made = (number: number, site: string, comm: string) => detailOf(number, JSON.stringify({ site, comm }))

test('of each place that makes a call the last is kept, with how many were made there where that is known', t => {
  const details = createDetails()
  for (const [site, comm] of [
    ['a', 'one'],
    ['b', 'two'],
    ['a', 'three'],
  ] as const)
    details.note(made(161, site, comm))
  const told = (count: number) =>
    details.sitesOf('1:161:2:0', count).map(site => [site.detail.site, site.detail.comm, site.looks, site.count])
  t.deepEqual(told(3), [
    ['a', 'three', 2, 2],
    ['b', 'two', 1, 1],
  ])
  t.deepEqual(told(4), [
    ['a', 'three', 2, null],
    ['b', 'two', 1, null],
  ])
  t.deepEqual(details.sitesOf('1:162:2:0', 1), [])
  details.note(detailOf(162, '{"comm":"nowhere"}'))
  t.deepEqual(details.sitesOf('1:162:2:0', 1), [])
})

test('of places without end so many are kept', t => {
  const details = createDetails()
  for (let place = 0; place < 100; place++) details.note(made(place % 2, `${place}`, 'a'))
  const kept = [0, 1].flatMap(number => details.sitesOf(`1:${number}:2:0`, 50))
  t.is(kept.length, 32)
  t.true(kept.every(({ count }) => count === null))
})

test('of each kind the registers that differ are kept, and not too many of them', t => {
  const details = createDetails()
  const registers = (first: number) => [`0x${first.toString(16)}`, '0x0', '0x0', '0x0', '0x0', '0x0']
  t.deepEqual(details.registersOf('1:41:2:0'), [])
  for (const first of [40, 38, 40]) details.note(detailOf(41, '{}', registers(first)))
  details.note(detailOf(41, undefined, registers(1)))
  t.deepEqual(details.registersOf('1:41:2:0'), [registers(40), registers(38), registers(1)])
  for (let first = 0; first < 100; first++) details.note(detailOf(41, '{}', registers(first)))
  t.is(details.registersOf('1:41:2:0').length, 8)
  details.note(detailOf(135, '{"args":["0x8"]}', registers(8)))
  t.deepEqual(details.registersOf('1:135:2:0'), [['0x8']])
  t.deepEqual(details.registersOf('1:41:2:1'), [])
})

test('calls and callers are written as strace and ps do', t => {
  const detail = readDetail({ text: JSON.stringify(WHOLE) })
  t.is(callText('mount', ['"/a"', 'NULL', 'MS_BIND']), 'mount("/a", NULL, MS_BIND)')
  t.is(callerText(detail), "sh (pid 7, /bin/sh): sh -c 'chroot /x'")
  t.is(callerText({ ...detail, cmdline: [], pid: null, exe: null }), 'sh')
  t.is(callerText(readDetail({ missing: 'failed' })), 'detail: failed')
  t.is(callText('chroot', ['"/\u202e\u2028"']), String.raw`chroot("/\u202e\u2028")`)
  t.is(callerText({ ...detail, cmdline: ["it's"] }), String.raw`sh (pid 7, /bin/sh): 'it\x27s'`)
})
