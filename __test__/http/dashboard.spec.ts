/** The dashboard's files as they are served, and the functions that make text of what targets say. */

import test from 'ava'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Told } from '../../ts/container-view.ts'
import type { CodeFrame } from '../../ts/frames.ts'
import type { RecentCallsView } from '../../ts/recent-calls.ts'
import { createApp } from '../../ts/http/app.ts'
import { dashboardFiles } from '../../ts/http/routes/dashboard.ts'
import { projectRoot } from '../helpers/project.ts'
import { frameText } from '../../ts/report/frames.ts'
import { source } from './fakes.ts'

const folder = join(projectRoot, 'dashboard')
const app = createApp(source([]))
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const paths = Object.keys(dashboardFiles).map(name => ({ name, path: `/dashboard/${name}` }))

test('every file of the folder is served, with its type', async t => {
  t.deepEqual(readdirSync(folder).toSorted(), Object.keys(dashboardFiles).toSorted())
  for (const { name, path } of [{ name: 'index.html', path: '/' }, ...paths]) {
    const answer = await app.request(path)
    t.is(answer.status, 200, path)
    t.is(answer.headers.get('Content-Type'), dashboardFiles[name] ?? null, path)
    t.is(answer.headers.get('X-Content-Type-Options'), 'nosniff', path)
    t.is(await answer.text(), read(name), path)
  }
})

test('the policy allows nothing inline, nothing evaluated and nothing from elsewhere', async t => {
  for (const path of ['/', ...paths.map(each => each.path)]) {
    const policy = (await app.request(path)).headers.get('Content-Security-Policy') ?? ''
    t.regex(policy, /^default-src 'none'; /)
    t.notRegex(policy, /unsafe|\*|https?:|data:|blob:/)
    t.regex(policy, /trusted-types 'none'/)
  }
  t.is(
    (await app.request('/healthz')).headers.get('Content-Security-Policy'),
    "default-src 'none'; frame-ancestors 'none'",
  )
})

for (const path of ['/dashboard/nothing.js', '/dashboard/..%2fpackage.json', '/dashboard/constructor', '/dashboard/']) {
  test(`${path} is not found`, async t => t.is((await app.request(path)).status, 404))
}

test('no file names another host, and none has a way from text to markup', t => {
  for (const name of Object.keys(dashboardFiles)) {
    const foreign = read(name).replaceAll('http://www.w3.org/2000/svg', '')
    t.notRegex(foreign, /https?:|[("'=]\/\/|@import/, name)
    t.notRegex(foreign, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function/, name)
  }
  t.notRegex(read('index.html'), /<script(?![^>]* src=)|<style|\son[a-z]+=|\sstyle=|javascript:/)
})

test('every script parses as a module', t => {
  for (const name of Object.keys(dashboardFiles).filter(each => each.endsWith('.js'))) {
    const { status, stderr } = spawnSync(process.execPath, ['--check', join(folder, name)], { encoding: 'utf8' })
    t.is(status, 0, stderr)
  }
})

test('all files together stay below 60 KB as they would be compressed', t => {
  const bytes = Object.keys(dashboardFiles).reduce((sum, name) => sum + gzipSync(read(name)).length, 0)
  t.true(bytes < 60_000, `${bytes}`)
})

interface Format {
  visible(text: string, most?: number): string
  duration(ms: number): string
  plural(number: number, one: string): string
  secondsUntil(iso: string, nowMs: number): number
  answerOf(call: { continued: boolean; errno: string | null }): string
  patchText(patch: { syscalls: object[]; architectures: string[] }): string
  sparkPoints(values: number[], width: number, height: number): string
  madeBy(call: { tid: number; detail?: object }): string[]
  argumentsOf(call: { args: string[]; detail?: object }): string
  originOf(container: object): string
  stopDue(container: object): string | undefined
  BARS: number
  BAR_MS: number
  recentBars(recent: RecentCallsView | null, bars: number, nowMs: number): number[]
  timeline(recent: RecentCallsView | null, incidents: object[], nowMs: number): Timeline
  frameLines(detail: { frames: CodeFrame[] }): string[]
  siteNote(site: { count: number | null; looks: number }, number: number, of: number): string
  toldText(told: Told[]): string | null
}

interface Timeline {
  heights: number[]
  most: number
  total: number
  shaded: { from: number; to: number; outcome: string }[]
}

let format: Format

// What a browser runs is not compiled with the tests.
test.before(async () => {
  format = (await import(pathToFileURL(join(folder, 'format.js')).href)) as Format
})

for (const [given, shown] of [
  ['web', 'web'],
  ['контейнер-コンテナ', 'контейнер-コンテナ'],
  ['a\u001B[31mred', 'a\\u{1b}[31mred'],
  ['two\nlines\0', 'two\\u{a}lines\\u{0}'],
  ['\u202Etxt.exe', '\\u{202e}txt.exe'],
  ['zero\u200Bwidth', 'zero\\u{200b}width'],
  ['half \uD800', 'half \\u{d800}'],
  ['<b>&amp;</b>', '<b>&amp;</b>'],
] as const) {
  test(`${JSON.stringify(given)} is shown as ${shown}`, t => t.is(format.visible(given), shown))
}

test('long text is cut between characters, and says so', t => {
  t.is(format.visible('😀'.repeat(5), 3), '😀😀😀…')
  t.is(format.visible('abc', 3), 'abc')
})

test('times are told in their largest unit', t => {
  const told = [-5, 999, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000].map(ms => format.duration(ms))
  t.deepEqual(told, ['0 s', '0 s', '59 s', '1 min', '59 min', '1 h', '1 d'])
})

test('a countdown ends at 0 and rounds up', t => {
  const now = Date.parse('2026-01-01T00:00:00.000Z')
  t.is(format.secondsUntil('2026-01-01T00:00:04.001Z', now), 5)
  t.is(format.secondsUntil('2025-12-31T23:59:59.000Z', now), 0)
})

test('what a caller got is told in a word', t => {
  t.is(format.answerOf({ continued: true, errno: null }), 'ran')
  t.is(format.answerOf({ continued: false, errno: 'EPERM' }), 'EPERM')
})

test('numbers have separators and a word that fits', t => {
  t.is(format.plural(1, 'call'), '1 call')
  t.is(format.plural(1_234_567, 'call'), '1,234,567 calls')
})

test('a patch names architectures only where it needs some', t => {
  const syscalls = [{ names: ['chroot'], action: 'SCMP_ACT_ALLOW' }]
  t.deepEqual(JSON.parse(format.patchText({ syscalls, architectures: [] })), { syscalls })
  const architectures = ['SCMP_ARCH_X86']
  t.deepEqual(JSON.parse(format.patchText({ syscalls, architectures })), { architectures, syscalls })
})

test('a line stays within its frame', t => {
  t.is(format.sparkPoints([0, 5, 10], 90, 20), '0,20 45,10 90,0')
  t.is(format.sparkPoints([0, 0], 90, 20), '0,20 90,20')
  t.is(format.sparkPoints([3], 90, 20), '0,0')
})

for (const [given, lines] of [
  [{ tid: 7 }, ['thread 7']],
  [{ tid: 8, detail: { missing: 'failed', pid: null, comm: null, exe: null, cmdline: [], args: [] } }, ['thread 8']],
  [{ tid: 7, detail: { pid: null, comm: 'sh', exe: null, cmdline: [] } }, ['sh (7)']],
  [
    { tid: 7, detail: { pid: 5, comm: 'sh', exe: '/bin/sh', cmdline: ['sh', '-c', 'x y'] } },
    ['sh (5)', '/bin/sh', 'sh -c x y'],
  ],
  [{ tid: 7, detail: { exe: '/bin/sh', cmdline: [] } }, ['/bin/sh']],
] as const) {
  test(`who made a call: ${lines.join(', ')}`, t => t.deepEqual(format.madeBy(given), [...lines]))
}

test('arguments are registers, unless the daemon has read what they point to', t => {
  const args = ['0x1', '0x7f']
  t.is(format.argumentsOf({ args }), '0x1 0x7f')
  t.is(format.argumentsOf({ args, detail: { args: [] } }), '0x1 0x7f')
  t.is(format.argumentsOf({ args, detail: { args: ['"/tmp"', '0'] } }), '"/tmp", 0')
})

test('a container is from a pod and an image, as far as its engine tells', t => {
  t.is(format.originOf({ namespace: 'shop', pod: 'web-1', image: 'nginx' }), 'shop/web-1, nginx')
  t.is(format.originOf({ namespace: null, pod: 'web-1', image: null }), 'web-1')
  t.is(format.originOf({ namespace: null, pod: null, image: 'nginx' }), 'nginx')
  t.is(format.originOf({ namespace: null, pod: null, image: null }), '')
})

test('a stop is due where one is pending', t => {
  const openIncident = { dueAt: 'then' }
  t.is(format.stopDue({ state: 'running', action: 'stop', openIncident }), 'then')
  t.is(format.stopDue({ state: 'running', action: 'stop', openIncident: null }), undefined)
  t.is(format.stopDue({ state: 'running', action: 'log', openIncident }), undefined)
  t.is(format.stopDue({ state: 'stopping', action: 'stop', openIncident }), undefined)
})

test('the chart ends now, its highest bar is the most, and what is older is not in it', t => {
  const { BARS, BAR_MS } = format
  const nowMs = 1000 * BAR_MS + 17
  const counts = [99, 2, ...Array.from({ length: BARS - 3 }, () => 0), 8, 4]
  const startedAt = new Date((1000 - BARS) * BAR_MS).toISOString()
  const { heights, most, total } = format.timeline({ startedAt, intervalMs: BAR_MS, counts }, [], nowMs)
  t.is(heights.length, BARS)
  t.deepEqual([most, total], [8, 14])
  t.deepEqual([heights[0], heights.at(-2), heights.at(-1)], [0.25, 1, 0.5])
  t.deepEqual(format.timeline(null, [], nowMs).heights, Array(BARS).fill(0))
})

test('calls of a clock that is ahead are of now, and intervals of another length are shown where they began', t => {
  const { BAR_MS } = format
  const recent = (ms: number, intervalMs: number, counts: number[]) =>
    format.recentBars({ startedAt: new Date(ms).toISOString(), intervalMs, counts }, 3, 10 * BAR_MS)
  t.deepEqual(recent(9 * BAR_MS, BAR_MS, [1, 2, 4]), [0, 1, 6])
  t.deepEqual(recent(8 * BAR_MS, BAR_MS / 2, [1, 2, 4]), [3, 4, 0])
  t.deepEqual(format.recentBars(null, 3, 0), [0, 0, 0])
})

test('where a call was made is told as describe tells it, and not without end', t => {
  const frame: CodeFrame = {
    module: '/lib/libc.so.6',
    buildId: null,
    offset: '0xf1c7',
    function: 'chroot',
    file: null,
    line: null,
    inlined: false,
    found: 'kernel',
  }
  const frames: CodeFrame[] = [
    frame,
    { ...frame, function: 'main', file: '/src/app.c', line: 23, inlined: true },
    { ...frame, function: null, found: 'search' },
    { ...frame, function: null, file: '/src/app.c' },
  ]
  const lines = [
    'chroot (/lib/libc.so.6+0xf1c7)',
    'main (/src/app.c:23) [inlined]',
    '/lib/libc.so.6+0xf1c7 [guessed]',
    '? (/src/app.c)',
  ]
  t.deepEqual(format.frameLines({ frames }), lines)
  t.deepEqual(
    frames.map(frameText),
    lines.map(line => `at ${line}`),
  )
  const many = format.frameLines({ frames: Array.from({ length: 70 }, () => frame) })
  t.deepEqual([many.length, many.at(-1)], [65, 'and 6 more'])
})

test('a place in the code is told with its calls, and never with a guess', t => {
  t.is(format.siteNote({ count: 1, looks: 1 }, 1, 2), ' [site 1 of 2, 1 call]')
  t.is(format.siteNote({ count: null, looks: 4 }, 2, 2), ' [site 2 of 2, 4 calls looked at]')
})

test('where a message was written is told with why it is not elsewhere', t => {
  t.is(format.toldText([]), null)
  const told: Told[] = [
    { place: 'stderr', problem: null },
    { place: 'termination-file', problem: 'it is a device' },
  ]
  t.is(format.toldText(told), 'stderr; not to termination-file: it is a device')
})

test('incidents are parts of the chart; those before it are not, and an open one goes on to now', t => {
  const { BARS, BAR_MS } = format
  const nowMs = 1000 * BAR_MS - 1
  const startMs = (1000 - BARS) * BAR_MS
  const iso = (part: number) => new Date(startMs + part * BARS * BAR_MS).toISOString()
  const incident = (from: number, to: number | undefined, outcome: string) => ({
    startedAt: iso(from),
    endedAt: to === undefined ? undefined : iso(to),
    outcome,
  })
  const { shaded } = format.timeline(
    null,
    [incident(-2, -1, 'old'), incident(-1, 0.25, 'logged'), incident(0.5, undefined, 'open')],
    nowMs,
  )
  t.deepEqual(
    shaded.map(({ outcome, from }) => [outcome, from]),
    [
      ['logged', 0],
      ['open', 0.5],
    ],
  )
  t.is(shaded[0]?.to, 0.25)
  t.true(shaded[1]!.to > 0.99)
})
