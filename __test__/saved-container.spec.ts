/** What a daemon leaves for the next one: read as it was written, or not at all. */

import test from 'ava'
import fc from 'fast-check'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newContainer, BY_REQUEST, type Described } from '../ts/containers.ts'
import { createCallTable, type CallRow } from '../ts/calls.ts'
import { createKeeping } from '../ts/keeping.ts'
import { describeSaved, toSaved, type SavedContainer } from '../ts/saved-container.ts'
import { parseSaved } from '../ts/saved-schema.ts'
import { createClock } from './helpers/clock.ts'
import { createFakeNative } from './helpers/fake-native.ts'

const { native } = createFakeNative(() => 0)
const names = { ...native, errnoName: () => 'EPERM' }
const policy = {
  action: 'log',
  answer: 'profile',
  errno: 'ENOSYS',
  ignore: [],
  probes: 'ignore',
  debounceMs: 5000,
  maxDelayMs: 30_000,
} as const
const source = 'configuration'
const described: Described = {
  id: 'web',
  name: 'web',
  workload: 'w',
  bundle: '/b',
  init: { pid: process.pid, startTicks: 1 },
  creating: true,
  policy: { ...policy, ignore: [] },
  policySource: source,
  policySources: {
    action: source,
    answer: source,
    ignore: source,
    probes: source,
    debounceMs: source,
    errno: source,
    maxDelayMs: source,
  },
  warnings: [],
}
const ROW: CallRow = {
  key: '3221225534:83:327681:0',
  syscall: 'mkdir',
  abi: 'x86_64',
  number: 83,
  verdict: 'EPERM',
  phase: 'run',
  count: 3,
  firstAtMs: 4,
  lastAtMs: 12.5,
}
const WATCH: SavedContainer['watch'] = {
  told: [[ROW.key, 1]],
  toldAtMs: 3,
  span: { firstAtMs: 4, lastAtMs: 12.5 },
  triedToStop: false,
}

function container(key = 'web-1') {
  const made = newContainer(key, described, createCallTable(names, [ROW]), 2)
  made.kept.set(1, 'listener-a')
  return made
}

test('a container is read as it was written', t => {
  const saved = toSaved(container(), WATCH)
  t.deepEqual(saved.calls, [ROW])
  t.deepEqual(saved.listeners, ['listener-a'])
  t.deepEqual(parseSaved(JSON.stringify(saved)), saved)
})

test('what an operator asked for is kept, and all else is as the configuration says now', t => {
  const asked = container()
  asked.policy = { ...asked.policy, action: 'stop', debounceMs: 1 }
  asked.policySources = { ...asked.policySources, action: BY_REQUEST }
  const saved = parseSaved(JSON.stringify(toSaved(asked, null)))
  t.deepEqual(saved.requested, { action: 'stop' })
  const now = describeSaved(saved, { ...described, id: 'unidentified', policy: { ...described.policy, debounceMs: 9 } })
  t.like(now, { id: 'web', policySource: 'action: request, answer: configuration' })
  t.like(now.policy, { action: 'stop', debounceMs: 9 })
})

test('text in which anything is missing, added or of another kind is refused', t => {
  const whole = toSaved(container(), WATCH) as unknown as Record<string, unknown>
  const values = fc.oneof(fc.constant(undefined), fc.string(), fc.double(), fc.constant([1]), fc.constant({ a: 1 }))
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(whole), 'more'), values, (member, value) => {
      const text = JSON.stringify({ ...whole, [member]: value })
      if (text === JSON.stringify(whole)) return
      const isText = typeof whole[member] === 'string' || whole[member] === null
      const isWhole = typeof whole[member] === 'number'
      const fits = member !== 'v' && ((isText && typeof value === 'string') || isWhole)
      if (!fits) t.throws(() => parseSaved(text), undefined, text)
    }),
  )
  for (const text of ['', '{', 'null', '[]', JSON.stringify({ ...whole, v: 2 })]) t.throws(() => parseSaved(text))
  for (const key of ['../x', '', '.hidden', 'a/b'])
    t.throws(() => parseSaved(JSON.stringify({ ...whole, key })), undefined, key)
  for (const count of [-1, 0, 0.5]) {
    t.throws(() => parseSaved(JSON.stringify({ ...whole, calls: [{ ...ROW, count }] })), undefined, String(count))
  }
})

function keepingIn(folder: string, returned: string[]) {
  const problems: string[] = []
  const clock = createClock()
  return { problems, clock, keeping: createKeeping({ folder, returned, clock, problem: text => problems.push(text) }) }
}

test('files are found by the listeners that came back, and the others are removed', t => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const first = keepingIn(folder, [])
  const books = first.keeping.open(() => WATCH)
  const [one, two] = [container('one-1'), container('two-1')]
  two.kept.set(1, 'listener-b')
  books.write(one)
  books.write(two)
  writeFileSync(join(folder, 'containers/torn.json'), '{"v":1,', { mode: 0o600 })
  writeFileSync(join(folder, 'containers/one-1.json.new'), 'half', { mode: 0o600 })
  writeFileSync(join(folder, 'containers/wide.json'), JSON.stringify(toSaved(container('wide'), null)))
  // Whatever the umask is.
  chmodSync(join(folder, 'containers/wide.json'), 0o644)

  const { keeping } = keepingIn(folder, ['listener-a', 'listener-z'])
  t.is(keeping.of('listener-a')?.key, 'one-1')
  t.is(keeping.of('listener-z'), undefined)
  t.deepEqual([...keeping.resumed], ['one-1'])
  // Its init is told to be this process, which started at another time.
  t.deepEqual([...keeping.ended], ['two-1'])
  t.is(keeping.problems.length, 2, keeping.problems.join('\n'))
  t.deepEqual(readdirSync(join(folder, 'containers')), ['one-1.json'])
})

test('a change is written within a second, nothing during a stop, and an end removes the file', t => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { keeping, clock, problems } = keepingIn(folder, [])
  const books = keeping.open(() => null)
  const files = () => readdirSync(join(folder, 'containers'))
  const one = container('one-1')
  books.changed(one)
  t.deepEqual(files(), [])
  clock.advance(1000)
  t.deepEqual(files(), ['one-1.json'])
  const messageOf = () => keepingIn(folder, ['listener-a']).keeping.of('listener-a')?.message
  one.message = 'changed'
  one.state = 'stopping'
  books.write(one)
  t.is(messageOf(), null)
  one.state = 'running'
  books.changed(one)
  books.close()
  t.is(messageOf(), 'changed')
  books.ended(one)
  t.deepEqual(files(), [])
  t.deepEqual(problems, [])
})
