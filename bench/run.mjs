#!/usr/bin/env node
/**
 * Measures the budgets as ratios, all in one run on one machine: what a denied call costs under our daemon and under what
 * it is compared with. README.md says how, and what is not measured. Exit code 1: a budget is missed.
 *
 * node bench/run.mjs [--repetitions N] [--calls N] [--idle N] [--only calls,verdicts,looks,wakeups,readers,drain,idle,starts,recordings] [--no-write]
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch, cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { explain, root, run, say, setUp, which } from '../tools/setup.mjs'
import { lookBudgets, measureLooks, reportLooks } from './looks.mjs'
import { measureReaders, readerBudgets } from './readers.mjs'
import { eachCall, measureRecordings, namesOf, overhead, recordingBudgets } from './recordings.mjs'
import {
  medianOf,
  reportBudgets,
  reportCalls,
  reportReaders,
  reportRecordings,
  reportStarts,
  reportWakeUps,
} from './report.mjs'
import { measureStarts, startBudgets } from './starts.mjs'

const { values } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '7' },
    calls: { type: 'string', default: '20000' },
    idle: { type: 'string', default: '10000' },
    only: { type: 'string', default: 'calls,verdicts,looks,wakeups,readers,drain,idle,starts,recordings' },
    'no-write': { type: 'boolean', default: false },
  },
})
const REPETITIONS = Number(values.repetitions)
const CALLS = Number(values.calls)
const IDLE_LISTENERS = Number(values.idle)
const FLOODERS = 8
const QUIET_CALLS = 1500
const QUIET_INTERVAL_US = 500
const IDLE_MS = 5000
const DRAINS = 5
const STARTS = 25
const parts = new Set(values.only.split(','))

const bench = join(root, 'bench')
const bin = join(bench, 'bin')
const guests = join(root, '__test__/fixtures/guests')
const folder = mkdtempSync(join(tmpdir(), 'sn-bench-'))
const children = new Set()

const SUPERVISORS = [
  { key: 'blocking', title: 'C, blocking, nothing recorded', command: [join(bin, 'blocking-supervisor')] },
  { key: 'epoll', title: 'C, one epoll loop, nothing recorded', command: [join(bin, 'epoll-supervisor')] },
  {
    key: 'daemon',
    title: 'seccomp-notifyd, counted and recorded',
    command: ['node', '--expose-gc', join(bench, 'daemon.mjs')],
  },
  { key: 'agent', title: "Go agent of CRI-O's shape", command: [join(bin, 'agent')], when: () => which('go') !== null },
].filter(({ when }) => when?.() ?? true)

/** Who wakes whom where: what the figures of the supervisors above are made of on this machine. */
const blocking = join(bin, 'blocking-supervisor')
const WAKE_UPS = [
  { key: 'sync', title: 'synchronous, anywhere', command: [blocking] },
  { key: 'syncOne', title: 'synchronous, both on one processor', command: [blocking], cpus: [0, 0] },
  { key: 'syncTwo', title: 'synchronous, on two', command: [blocking], cpus: [0, 1] },
  { key: 'async', title: 'not synchronous, anywhere', command: [blocking, '--no-sync'] },
  { key: 'asyncOne', title: 'not synchronous, both on one processor', command: [blocking, '--no-sync'], cpus: [0, 0] },
  { key: 'asyncTwo', title: 'not synchronous, on two', command: [blocking, '--no-sync'], cpus: [0, 1] },
].filter(({ cpus: [, second] = [] }) => second === undefined || (which('taskset') !== null && second < cpus().length))

async function build() {
  mkdirSync(bin, { recursive: true })
  const gcc = (name, source) =>
    run('gcc', ['-O2', '-Wall', '-static', '-no-pie', '-pthread', '-o', join(bin, name), source])
  for (const name of ['target', 'blocking-supervisor', 'blocking-recorder', 'epoll-supervisor', 'nothing'])
    await gcc(name, join(bench, `${name}.c`))
  for (const name of ['fake-runtime', 'many-listeners']) await gcc(name, join(guests, `${name}.c`))
  if (which('go') !== null) await run('go', ['build', '-o', join(bin, 'agent'), '.'], { cwd: join(bench, 'agent') })
}

/** A child whose lines can be awaited one by one, and whose standard input is open until `end`. */
function open(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  children.add(child)
  const waiting = []
  const lines = []
  const exited = new Promise(resolve => child.once('close', resolve))
  createInterface({ input: child.stdout }).on('line', line => {
    const next = waiting.shift()
    if (next === undefined) lines.push(line)
    else next.resolve(line)
  })
  void exited.then(code => {
    children.delete(child)
    for (const { reject } of waiting) reject(new Error(`${command} ended (${code}) before it answered`))
  })
  // Writing to a child that has ended is an error of its own; `exited` tells.
  child.stdin.on('error', () => {})
  return {
    pid: child.pid,
    exited,
    line: () =>
      lines.length > 0
        ? Promise.resolve(lines.shift())
        : new Promise((resolve, reject) => waiting.push({ resolve, reject })),
    write: text => child.stdin.write(text),
    end: () => {
      child.stdin.end()
      return exited
    },
  }
}

let sockets = 0

/** `cpus`: the processor of the supervisor and that of its targets, where they are not free to choose. */
async function startSupervisor({ command, cpus: [own, theirs] = [], metadata = profileMetadata }) {
  const socket = join(folder, `${sockets++}.sock`)
  const child = open(...on(own, [...command, socket]))
  await child.line()
  return { ...child, socket, metadata, targetCpu: theirs }
}

function on(cpu, command) {
  const [program, ...args] = cpu === undefined ? command : ['taskset', '--cpu-list', String(cpu), ...command]
  return [program, args]
}

/** A container whose filter is loaded and whose listener is handed over; `go` starts its calls. */
async function startTarget(supervisor, id, ...args) {
  const options = ['--socket', supervisor.socket, '--id', id, '--wait-close', '--go', '--metadata', supervisor.metadata]
  const command = [join(bin, 'fake-runtime'), ...options, '--', join(bin, 'target'), ...args.map(String)]
  const child = open(...on(supervisor.targetCpu, command))
  while ((await child.line()) !== 'ready') continue
  return {
    go: () => child.write('g'),
    result: async () => JSON.parse(await child.line()),
    end: () => child.end(),
  }
}

function measureAlone(supervisor) {
  return measureCalls(supervisor, 'alone', CALLS)
}

async function measureCalls(supervisor, id, ...args) {
  const target = await startTarget(supervisor, id, ...args)
  target.go()
  const result = await target.result()
  await target.end()
  return checked(result)
}

/** One container that calls now and then, while others call without pause. */
async function measureAmongFlooders(supervisor) {
  const flooders = []
  for (let i = 0; i < FLOODERS; i++) flooders.push(await startTarget(supervisor, `flood-${i}`, 'flood'))
  const quiet = await startTarget(supervisor, 'quiet', QUIET_CALLS, QUIET_INTERVAL_US)
  for (const flooder of flooders) flooder.go()
  await sleep(200)
  quiet.go()
  const result = checked(await quiet.result())
  await quiet.end()
  const floods = await Promise.all(
    flooders.map(async flooder => {
      const [flood] = await Promise.all([flooder.result(), flooder.end()])
      return flood.calls / flood.seconds
    }),
  )
  return { ...result, floodCallsPerSecond: floods.reduce((sum, rate) => sum + rate, 0) }
}

/** Every call has to come back as denied: a supervisor that fails quickly must not win. */
function checked(result) {
  if (result.errnos.EPERM !== result.calls) throw new Error(`not every call was denied: ${JSON.stringify(result)}`)
  return result
}

async function measureTraced() {
  const traced = open('strace', ['-f', '-c', '-o', '/dev/null', join(bin, 'target'), String(CALLS)])
  const result = JSON.parse(await traced.line())
  await traced.end()
  return result
}

/** The first full ring finds JavaScript not compiled yet; a daemon under a flood has that behind it. */
async function measureDrain() {
  const daemon = await startSupervisor(SUPERVISORS.find(({ key }) => key === 'daemon'))
  const first = await drainOnce(daemon)
  const later = []
  for (let drain = 0; drain < DRAINS; drain++) later.push(await drainOnce(daemon))
  await daemon.end()
  return { first, later }
}

/** How fast JavaScript takes events out of the ring that was filled while it slept. */
async function drainOnce(daemon) {
  const flooders = [await startTarget(daemon, 'a', 'flood'), await startTarget(daemon, 'b', 'flood')]
  const idle = JSON.parse(await ask(daemon, 'block 1500'))
  for (const flooder of flooders) flooder.go()
  await sleep(1000)
  await Promise.all(flooders.map(flooder => Promise.all([flooder.result(), flooder.end()])))
  const drained = JSON.parse(await daemon.line())
  return { ...idle, ...drained }
}

async function ask(daemon, command) {
  daemon.write(`${command}\n`)
  return daemon.line()
}

/**
 * Memory and wake-ups of listeners that nobody uses. V8's young generation grows with how fast hand-overs come, up to a
 * bound, and not with how many listeners there are; it is kept as small as it gets, so that it is not taken for theirs.
 */
async function measureIdle() {
  const { command } = SUPERVISORS.find(({ key }) => key === 'daemon')
  const [node, ...args] = command
  const daemon = await startSupervisor({ command: [node, '--max-semi-space-size=1', ...args] })
  // The first containers pay for code and tables that all later ones share.
  const warm = await idleListeners(daemon, 100)
  await warm.end()
  await sleep(500)
  const before = JSON.parse(await ask(daemon, 'stats'))
  const listeners = await idleListeners(daemon, IDLE_LISTENERS)
  await sleep(2000)
  const after = JSON.parse(await ask(daemon, 'stats'))
  const switchesBefore = contextSwitches(daemon.pid)
  await sleep(IDLE_MS)
  const switches = contextSwitches(daemon.pid) - switchesBefore
  const idle = JSON.parse(await ask(daemon, 'stats'))
  await listeners.end()
  await daemon.end()
  return {
    listeners: after.listeners,
    bytesEach: Math.round((after.rssBytes - before.rssBytes) / IDLE_LISTENERS),
    loopWakeups: idle.loopWakeups - after.loopWakeups,
    contextSwitches: switches,
    seconds: IDLE_MS / 1000,
  }
}

async function idleListeners(daemon, count) {
  const child = open(join(bin, 'many-listeners'), [daemon.socket, String(count), 'one'])
  await child.line()
  return child
}

function contextSwitches(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const count = tid =>
    /^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8'))
  return tasks.reduce((sum, tid) => sum + Number(count(tid)?.[1] ?? 0), 0)
}

/** The program of a large allow list, as stock profiles have: what the daemon evaluates for each call. */
async function makeMetadata() {
  const { loadNative } = await import('../dist/native.js')
  const native = loadNative()
  const names = Array.from({ length: 440 }, (_, number) => native.syscallName(native.nativeArch(), number))
  const allowed = names.filter(name => !name.startsWith('syscall_') && name !== 'getppid')
  const profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    syscalls: [{ names: allowed, action: 'SCMP_ACT_ALLOW' }],
  }
  const { program } = native.compileProfile(JSON.stringify(profile))
  return JSON.stringify({ v: 1, action: 'log', program: program.toString('base64') })
}

function sleep(ms) {
  return new Promise(resolve => setTimeout(resolve, ms))
}

function callBudgets(raw) {
  const alone = (key, field) => medianOf(raw.alone[key], field)
  const quiet = (key, field) => medianOf(raw.quiet[key], field)
  const hasAgent = raw.alone.agent !== undefined
  const noGo = 'Go is not installed'
  const noStrace = 'strace is not installed'
  return [
    ratio('p50 against the fastest C loop', key => alone(key, 'p50Ns'), alone('blocking', 'p50Ns'), 1.3),
    hasAgent
      ? ratio('mean against the Go agent', key => alone(key, 'meanNs'), alone('agent', 'meanNs'), 0.35)
      : skipped('mean against the Go agent', noGo),
    raw.traced.length > 0
      ? ratio('mean against strace -f -c', key => alone(key, 'meanNs'), medianOf(raw.traced, 'meanNs'), 0.2)
      : skipped('mean against strace -f -c', noStrace),
    hasAgent
      ? ratio('quiet p99 under flood against the Go agent', key => quiet(key, 'p99Ns'), quiet('agent', 'p99Ns'), 0.25)
      : skipped('quiet p99 under flood against the Go agent', noGo),
  ]
}

function drainBudgets({ later }) {
  return [atLeast('events drained by JavaScript per second', medianOf(later, 'eventsPerSecond'), 1_000_000)]
}

function idleBudgets(idle) {
  return [
    atMost(`bytes per idle listener, ${idle.listeners} of them`, idle.bytesEach, 2048),
    atMost(`wake-ups of the loop in ${idle.seconds} idle seconds`, idle.loopWakeups, 0),
  ]
}

/** `floor` is what the fastest C loop reaches of the same ratio: no supervisor can be better on this machine. */
function ratio(title, cost, theirs, limit) {
  const [value, floor] = ['daemon', 'blocking'].map(key => Number((cost(key) / theirs).toFixed(3)))
  return { title, value, floor, limit: `≤ ${limit}`, ok: value <= limit }
}

const atMost = (title, value, limit) => ({ title, value, limit: `≤ ${limit}`, ok: value <= limit })
const atLeast = (title, value, limit) => ({ title, value: Math.round(value), limit: `≥ ${limit}`, ok: value >= limit })
const skipped = (title, reason) => ({ title, value: `skip (${reason})`, limit: '', ok: null })

/** Kept by date and machine, so that a change of the budget's figures can be traced. */
function write(measured, results) {
  const model = cpus()[0]?.model ?? 'unknown'
  const machine = `${arch() === 'x64' ? 'x86_64' : 'aarch64'}-${model
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')}`
  const path = join(bench, 'runs', `${new Date().toISOString().slice(0, 10)}-${machine}`)
  mkdirSync(path, { recursive: true })
  const about = {
    date: new Date().toISOString(),
    commit: execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
    cpu: model,
    cpus: cpus().length,
    kernel: release(),
    node: process.version,
    repetitions: REPETITIONS,
    calls: CALLS,
  }
  writeFileSync(join(path, 'results.json'), `${JSON.stringify({ about, budgets: results, ...measured }, null, 1)}\n`)
  say(`bench: written to ${path.slice(root.length + 1)}`)
}

async function repeat() {
  const raw = { alone: {}, quiet: {}, traced: [] }
  for (const { key } of SUPERVISORS) {
    raw.alone[key] = []
    raw.quiet[key] = []
  }
  for (let repetition = 1; repetition <= REPETITIONS; repetition++) {
    say(`bench: repetition ${repetition} of ${REPETITIONS}`)
    for (const kind of SUPERVISORS) {
      const supervisor = await startSupervisor(kind)
      // Not counted: whatever a supervisor has to do once, like compiling its own code, it has done before a long life.
      await measureAlone(supervisor)
      raw.alone[kind.key].push(await measureAlone(supervisor))
      raw.quiet[kind.key].push(await measureAmongFlooders(supervisor))
      await supervisor.end()
    }
    if (which('strace') !== null) raw.traced.push(await measureTraced())
  }
  return raw
}

const PARTS = [
  { key: 'calls', title: 'denied calls', measure: repeat, budgets: callBudgets },
  { key: 'verdicts', title: 'verdicts', measure: measureVerdicts, budgets: verdictBudgets },
  { key: 'looks', title: 'looks at calls', measure: measureLooksAtCalls, budgets: lookBudgets },
  { key: 'wakeups', title: 'wake-ups', measure: measureWakeUps, budgets: () => [] },
  { key: 'readers', title: 'readers of events', measure: measureManyReaders, budgets: readerBudgets },
  { key: 'drain', title: 'draining', measure: measureDrain, budgets: drainBudgets },
  { key: 'idle', title: `${IDLE_LISTENERS} idle listeners`, measure: measureIdle, budgets: idleBudgets },
  { key: 'starts', title: 'starts of containers', measure: measureStartsOfContainers, budgets: startBudgets },
  { key: 'recordings', title: 'recordings', measure: measureRecordingsOfPrograms, budgets: recordingBudgets },
]

async function measureRecordingsOfPrograms() {
  return measureRecordings(folder, join(bin, 'blocking-recorder'), REPETITIONS)
}

function measureManyReaders() {
  return measureReaders({ start: startAsking, open, measure: measureCalls }, REPETITIONS)
}

async function startAsking() {
  const daemon = await startSupervisor(SUPERVISORS.find(({ key }) => key === 'daemon'))
  return { ...daemon, ask: async command => JSON.parse(await ask(daemon, command)) }
}

async function measureStartsOfContainers() {
  const daemon = await startSupervisor(SUPERVISORS.find(({ key }) => key === 'daemon'))
  const raw = await measureStarts(daemon.socket, join(bin, 'nothing'), STARTS)
  await daemon.end()
  return raw
}

/** Our daemon, by whether there is a program to evaluate. One after the other, so that both meet the same machine. */
async function measureVerdicts() {
  const daemon = SUPERVISORS.find(({ key }) => key === 'daemon')
  const kinds = { evaluated: daemon, given: { ...daemon, metadata: '{"v":1,"action":"log"}' } }
  const raw = { evaluated: [], given: [] }
  for (let repetition = 1; repetition <= REPETITIONS; repetition++) {
    for (const [key, kind] of Object.entries(kinds)) {
      const supervisor = await startSupervisor(kind)
      await measureAlone(supervisor)
      raw[key].push(await measureAlone(supervisor))
      await supervisor.end()
    }
  }
  return raw
}

function verdictBudgets({ evaluated, given }) {
  const value = Number((medianOf(evaluated, 'p50Ns') / medianOf(given, 'p50Ns')).toFixed(3))
  return [atMost('p50 with a program to evaluate against p50 without', value, 1.05)]
}

function measureLooksAtCalls() {
  const { command } = SUPERVISORS.find(({ key }) => key === 'daemon')
  const start = detail => startSupervisor({ command: [...command, detail] })
  return measureLooks({ start, measure: measureTarget, repetitions: REPETITIONS, calls: CALLS })
}

async function measureTarget(supervisor, ...args) {
  const target = await startTarget(supervisor, 'looked-at', ...args)
  target.go()
  const result = await target.result()
  await target.end()
  return checked(result)
}

async function measureWakeUps() {
  const raw = Object.fromEntries(WAKE_UPS.map(({ key }) => [key, []]))
  for (let repetition = 1; repetition <= REPETITIONS; repetition++) {
    for (const kind of WAKE_UPS) {
      const supervisor = await startSupervisor(kind)
      raw[kind.key].push(await measureAlone(supervisor))
      await supervisor.end()
    }
  }
  return raw
}

let profileMetadata = ''

async function main() {
  const unknown = [...parts].find(part => PARTS.every(({ key }) => key !== part))
  if (unknown !== undefined)
    throw new Error(`--only names "${unknown}"; parts are ${PARTS.map(({ key }) => key).join(', ')}`)
  await setUp()
  await build()
  profileMetadata = await makeMetadata()
  const measured = {}
  const results = []
  for (const { key, title, measure, budgets } of PARTS.filter(part => parts.has(part.key))) {
    say(`bench: ${title}`)
    measured[key] = await measure()
    results.push(...budgets(measured[key]))
  }
  if (measured.calls !== undefined) reportCalls(measured.calls, SUPERVISORS)
  if (measured.looks !== undefined) reportLooks(measured.looks)
  if (measured.wakeups !== undefined) reportWakeUps(measured.wakeups, WAKE_UPS)
  if (measured.readers !== undefined) reportReaders(measured.readers)
  if (measured.starts !== undefined) reportStarts(measured.starts)
  if (measured.recordings?.true !== undefined)
    reportRecordings(measured.recordings, namesOf(measured.recordings), { overhead, eachCall })
  reportBudgets(results)
  if (!values['no-write'] && parts.size === PARTS.length) write(measured, results)
  return results.every(({ ok }) => ok !== false)
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  for (const child of children) child.kill('SIGKILL')
  process.exitCode = 1
  explain(error)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
