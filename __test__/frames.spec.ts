import test from 'ava'
import { readDetail } from '../ts/detail.ts'
import { readFrames, type CodeFrame } from '../ts/frames.ts'
import { describeCallers } from '../ts/report/callers.ts'
import { frameLines, frameText } from '../ts/report/frames.ts'

const MAIN: CodeFrame = {
  module: '/app/server',
  buildId: 'ab12',
  offset: '0x1c3a',
  function: 'main',
  file: '/src/app.c',
  line: 23,
  inlined: false,
  found: 'tables',
}

test('frames are told as they were read', t => {
  t.deepEqual(readFrames([MAIN]), [MAIN])
  const bare = { module: '/a', offset: '0x1', inlined: false, found: 'kernel' }
  t.deepEqual(readFrames([bare]), [{ ...bare, buildId: null, function: null, file: null, line: null } as CodeFrame])
})

test('what is no frame is left out, and nothing is longer than a page can bear', t => {
  for (const odd of [undefined, null, 'main', {}, { length: 1 }]) t.deepEqual(readFrames(odd), [])
  t.deepEqual(readFrames([null, 'main', {}, { module: 1, offset: '0x1' }, MAIN]), [MAIN])
  const odd = readFrames([{ ...MAIN, line: '23', inlined: 'yes', found: 'somehow', function: ['main'] }])
  t.deepEqual(odd, [{ ...MAIN, line: null, found: 'search', function: null }])
  const long = 'x\u202e'.repeat(10_000)
  const all = Array.from({ length: 1000 }, () => ({ ...MAIN, module: long, function: long, file: long }))
  t.true(JSON.stringify(readFrames(all)).length < 100_000)
  t.false(JSON.stringify(readFrames(all)).includes('\u202e'))
})

test('a frame is a line', t => {
  t.is(frameText(MAIN), 'at main (/src/app.c:23)')
  t.is(frameText({ ...MAIN, line: null }), 'at main (/src/app.c)')
  t.is(frameText({ ...MAIN, file: null, line: null }), 'at main (/app/server+0x1c3a)')
  t.is(frameText({ ...MAIN, function: null, file: null, line: null }), 'at /app/server+0x1c3a')
  t.is(frameText({ ...MAIN, function: null }), 'at ? (/src/app.c:23)')
  t.is(frameText({ ...MAIN, inlined: true, found: 'search' }), 'at main (/src/app.c:23) [inlined, guessed]')
})

test('of many frames the innermost are shown, and what is missing is said', t => {
  const lines = frameLines({ frames: Array.from({ length: 14 }, () => MAIN), framesEnd: 'its time was over' })
  t.deepEqual(lines, [...Array<string>(12).fill(frameText(MAIN)), 'and 2 more'])
  t.deepEqual(frameLines({ frames: [MAIN], framesEnd: 'its time was over' }), [
    frameText(MAIN),
    'callers are missing: its time was over',
  ])
  t.deepEqual(frameLines({ frames: [], framesEnd: null }), [])
})

test('a report has the code below its caller, where the program has names', t => {
  const whole = { comm: 'server', exe: MAIN.module, cmdline: [], cwd: '/app', args: ['"/x"'], frames: [MAIN] }
  const told = (more: object) => {
    const detail = readDetail({ text: JSON.stringify({ ...whole, ...more }) })
    return describeCallers([{ syscall: 'chroot', detail }])
  }
  t.deepEqual(told({}), ['chroot("/x")  server (/app/server)', '  in /app', '  at main (/src/app.c:23)'])
  t.deepEqual(told({ frames: [{ ...MAIN, function: null }] }), [])
  t.deepEqual(told({ frames: [{ ...MAIN, module: '/lib/libc.so.6' }] }), [])
  t.deepEqual(describeCallers([{ syscall: 'chroot', detail: readDetail({ missing: 'failed' }) }]), [])
  t.deepEqual(describeCallers([{ syscall: 'chroot' }]), [])
})
