/** The part of the benchmark that records whole programs: what `record` adds to their time, against what strace adds. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, which } from '../tools/setup.mjs'
import { median } from './report.mjs'

const LIMIT = 0.2
const FILES = 1500
const IMPORTS =
  'asyncio, email.message, http.client, json, logging.config, multiprocessing, sqlite3, unittest, xml.dom.minidom'
const IDENTITY = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.org', '-c', 'init.defaultBranch=main']

/** `calls` is found out on the way. The first does nothing: it shows what a tool costs however little is called. */
const programsIn = folder =>
  [
    { title: 'true', command: ['true'] },
    { title: 'dd, a byte at a time', command: ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=100000'] },
    { title: 'find', command: ['find', '/usr/lib', '/usr/share', '-name', 'nothing'] },
    {
      title: 'tar',
      command: ['tar', '-cf', join(folder, 'archive'), '-C', '/usr/share', 'doc', 'zoneinfo', '--ignore-failed-read'],
    },
    {
      title: 'git clone',
      command: ['git', 'clone', '-q', '--no-local', join(folder, 'origin'), join(folder, 'clone')],
    },
    { title: 'imports of python', command: ['python3', '-c', `import ${IMPORTS}`] },
  ].filter(({ command: [name] }) => which(name) !== null)

/** Of each program one entry per turn, in milliseconds, and how many calls it makes. `floor` is the fastest possible recorder. */
export function measureRecordings(folder, floor, repetitions) {
  if (which('strace') === null) return {}
  makeOrigin(join(folder, 'origin'))
  const [cli, profile] = [join(root, 'dist/cli/main.js'), join(folder, 'p.json')]
  const ways = {
    plain: [],
    record: [process.execPath, cli, 'record', '-o', profile, '--'],
    floor: [floor],
    counting: ['strace', '-f', '-c', '-o', '/dev/null'],
    writing: ['strace', '-f', '-o', join(folder, 'trace')],
  }
  const programs = programsIn(folder)
  const raw = Object.fromEntries(programs.map(({ title }) => [title, []]))
  // The first turn fills the caches of files, and is not kept.
  for (let turn = 0; turn <= repetitions; turn++) {
    for (const { title, command } of programs) {
      const times = Object.entries(ways).map(([way, words]) => [way, timeOf(folder, [...words, ...command])])
      const entry = { ...Object.fromEntries(times), calls: callsIn(`${profile}.record.json`) }
      if (turn > 0) raw[title].push(entry)
    }
  }
  return raw
}

function makeOrigin(path) {
  mkdirSync(path, { recursive: true })
  for (let file = 0; file < FILES; file++) writeFileSync(join(path, `file-${file}`), `${file}\n`.repeat(20))
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
    ['commit', '-q', '-m', 'all'],
  ])
    spawnSync('git', [...IDENTITY, ...args], { cwd: path, stdio: 'ignore' })
}

function timeOf(folder, [command, ...args]) {
  rmSync(join(folder, 'clone'), { recursive: true, force: true })
  const started = performance.now()
  const { status, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  const taken = performance.now() - started
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${status}: ${stderr}`)
  return taken
}

function callsIn(file) {
  const { calls } = JSON.parse(readFileSync(file, 'utf8'))
  return calls.reduce((sum, { count }) => sum + count, 0)
}

/** Milliseconds above the program alone. */
export const overhead = (turns, way) => median(turns.map(turn => turn[way] - turn.plain))

/** Microseconds for each call, without what the tool needs for a program that does nothing. */
export function eachCall(raw, title, way) {
  const calls = median(raw[title].map(turn => turn.calls))
  return ((overhead(raw[title], way) - overhead(raw.true, way)) / calls) * 1000
}

export const namesOf = raw => Object.keys(raw).filter(title => title !== 'true')

export function recordingBudgets(raw) {
  if (raw.true === undefined) return [{ title: 'record', value: 'skip (strace is not installed)', limit: '', ok: null }]
  return namesOf(raw).map(title => {
    const against = way => Number((eachCall(raw, title, way) / eachCall(raw, title, 'counting')).toFixed(3))
    const [value, floor] = [against('record'), against('floor')]
    return {
      title: `record, each call against strace -f -c: ${title}`,
      value,
      floor,
      limit: `≤ ${LIMIT}`,
      ok: value <= LIMIT,
    }
  })
}
