import test, { type ExecutionContext } from 'ava'
import { execFile, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ContainerView } from '../ts/container-view.ts'
import { openHistory, type History } from '../ts/history.ts'
import { UNKNOWN_ORIGIN } from '../ts/identity.ts'
import { createClock } from './helpers/clock.ts'
import { view } from './http/fakes.ts'

function setting(t: ExecutionContext, maxContainers = 100) {
  const stateDir = join(mkdtempSync(join(tmpdir(), 'history-')), 'state')
  t.teardown(() => rmSync(join(stateDir, '..'), { recursive: true }))
  const clock = createClock()
  const problems: string[] = []
  const open = () => openHistory({ stateDir, maxContainers, clock, problem: text => void problems.push(text) })
  return { stateDir, file: join(stateDir, 'history.jsonl'), clock, open, problems }
}

const ended = (key: string, more: Partial<ContainerView> = {}) => view({ key, state: 'exited', ...more })
const keys = (history: History) => history.views().map(({ key }) => key)
const lines = (file: string) => readFileSync(file, 'utf8').split('\n').filter(Boolean)

test('an ended container is known after a restart', async t => {
  const { open } = setting(t)
  const first = await open()
  const stopped = ended('a', { state: 'stopped', exitCode: 137, message: 'Used forbidden syscalls: chroot (2x)' })
  first.ended(stopped)
  await first.close()
  const second = await open()
  t.deepEqual(second.get('a'), stopped)
  await second.close()
})

test('what was written a second before a SIGKILL is known, and is unsupervised', async t => {
  const { open, clock, file, stateDir } = setting(t)
  const first = await open()
  first.changed('a', () => view({ key: 'a', incidentsTotal: 3 }))
  clock.advance(1000)
  const kept = readFileSync(file)
  await first.close()
  writeFileSync(file, kept)
  const second = await open()
  const found = second.get('a')
  t.is(found?.state, 'unsupervised')
  t.is(found?.incidentsTotal, 3)
  t.is(found?.listeners, 0)
  t.regex(found?.message ?? '', /ENOSYS.*restart/)
  t.deepEqual(
    second.orphaned.map(({ key }) => key),
    ['a'],
  )
  await second.close()
  const third = await open()
  t.deepEqual(third.orphaned, [], 'told once')
  await third.close()
  t.true(existsSync(stateDir))
})

test('what an older version has remembered tells of no engine, and is remembered all the same', async t => {
  const { open, file } = setting(t)
  await (await open()).close()
  const newer = Object.keys(UNKNOWN_ORIGIN)
  const older = Object.entries(ended('a')).filter(([name]) => !newer.includes(name))
  appendFileSync(file, `${JSON.stringify(Object.fromEntries(older))}\n`)
  const history = await open()
  t.is(history.skipped, 0)
  t.like(history.get('a'), { ...UNKNOWN_ORIGIN, key: 'a' })
  await history.close()
})

test('a container that changes all the time is written once a second', async t => {
  const { open, clock, file } = setting(t)
  const history = await open()
  let version = 0
  for (let tick = 0; tick < 500; tick++) {
    history.changed('a', () => view({ key: 'a', incidentsTotal: ++version }))
    clock.advance(20)
  }
  t.true(lines(file).length >= 9 && lines(file).length <= 10)
  t.is(version, lines(file).length)
  await history.close()
})

test('the last line of a key wins; torn and foreign lines are skipped and counted', async t => {
  const { open, file } = setting(t)
  const first = await open()
  first.ended(ended('a'))
  await first.close()
  appendFileSync(
    file,
    `${JSON.stringify(ended('a', { incidentsTotal: 9 }))}\n{"key":"b"}\nnull\n17\n{"key":"c","id":"t`,
  )
  const second = await open()
  t.deepEqual(keys(second), ['a'])
  t.is(second.get('a')?.incidentsTotal, 9)
  t.is(second.skipped, 4)
  second.ended(ended('d'))
  await second.close()
  const third = await open()
  t.deepEqual(keys(third), ['a', 'd'])
  t.is(third.skipped, 0)
  await third.close()
})

test('a line behind a torn one is not lost', async t => {
  const { open, file, clock } = setting(t)
  const first = await open()
  appendFileSync(file, '{"key":"torn')
  first.ended(ended('b'))
  clock.advance(1000)
  await first.close()
  const second = await open()
  t.deepEqual(keys(second), ['b'])
  await second.close()
})

test('only so many ended containers are kept, the newest', async t => {
  const { open } = setting(t, 3)
  const history = await open()
  for (const key of ['a', 'b', 'c', 'd', 'e']) history.ended(ended(key))
  t.deepEqual(keys(history), ['c', 'd', 'e'])
  await history.close()
  const again = await open()
  t.deepEqual(keys(again), ['c', 'd', 'e'])
  await again.close()
})

test('the file is rewritten when it has grown, with the living containers', async t => {
  const { open, clock, file } = setting(t)
  const history = await open()
  const bulk = 'x'.repeat(1_000_000)
  history.changed('live', () => view({ key: 'live' }))
  for (let round = 0; round < 12; round++) {
    history.changed('a', () => view({ key: 'a', bundle: bulk }))
    clock.advance(1000)
  }
  t.true(statSync(file).size < 9 * 1024 * 1024)
  await history.close()
  const again = await open()
  t.deepEqual(keys(again).toSorted(), ['a', 'live'])
  t.is(lines(file).length, 2)
  await again.close()
})

test('folder and file are for their owner alone, and nothing else is left in it', async t => {
  const { open, stateDir, file } = setting(t)
  const history = await open()
  history.ended(ended('a'))
  await history.close()
  t.is(statSync(stateDir).mode & 0o777, 0o700)
  t.is(statSync(file).mode & 0o777, 0o600)
  t.deepEqual(readdirSync(stateDir), ['history.jsonl'])
})

test('a second daemon with the same folder is refused, until the first has closed', async t => {
  const { open, stateDir } = setting(t)
  const first = await open()
  await t.throwsAsync(open(), { code: 'ERR_STATE_DIR_IN_USE', message: new RegExp(stateDir) })
  await t.throwsAsync(open(), { code: 'ERR_STATE_DIR_IN_USE' })
  await first.close()
  await (await open()).close()
})

test('the lock of a killed process is taken over', async t => {
  const { open, stateDir } = setting(t)
  await (await open()).close()
  const script = `require('net').createServer().listen(${JSON.stringify(join(stateDir, 'lock'))}, () => process.kill(process.pid, 'SIGKILL'))`
  t.is(spawnSync(process.execPath, ['-e', script]).signal, 'SIGKILL')
  t.true(existsSync(join(stateDir, 'lock')))
  await (await open()).close()
})

test('of several processes that start at once over a stale lock one gets it', async t => {
  const { open, stateDir } = setting(t)
  await (await open()).close()
  writeFileSync(join(stateDir, 'lock'), '')
  const lockModule = new URL('../ts/lock.js', import.meta.url).href
  const script = `
    const { lock } = await import(${JSON.stringify(lockModule)})
    const got = await lock(${JSON.stringify(stateDir)}).then(() => 'got', error => error.code)
    console.log(got)
    setTimeout(() => process.exit(), 1500)`
  const one = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  const said = await Promise.all(Array.from({ length: 6 }, one))
  t.deepEqual(said.map(({ stdout }) => stdout.trim()).toSorted(), [
    'ERR_STATE_DIR_IN_USE',
    'ERR_STATE_DIR_IN_USE',
    'ERR_STATE_DIR_IN_USE',
    'ERR_STATE_DIR_IN_USE',
    'ERR_STATE_DIR_IN_USE',
    'got',
  ])
})

test('a folder that cannot be used is named', async t => {
  const { stateDir, open } = setting(t)
  writeFileSync(stateDir, 'a file')
  await t.throwsAsync(open(), { code: 'ERR_STATE_DIR', message: new RegExp(stateDir) })
})

test('a full disk is told, and nothing is thrown', async t => {
  const { open, clock, file, problems } = setting(t)
  const history = await open()
  rmSync(file)
  rmSync(join(file, '..'), { recursive: true })
  history.ended(ended('a'))
  t.notThrows(() => clock.advance(1000))
  t.is(problems.length, 1)
  t.true(problems[0]?.includes(file))
  await history.close()
})
