/**
 * Our daemon as the benchmark runs it: on the socket given, with a subscriber that gets every event. Prints "ready", then
 * answers commands on standard input with one line of JSON each:
 *
 * stats       {"listeners":0,"rssBytes":70000000,"loopWakeups":12}
 * latency     {"calls":500,"meanNs":2300,"p50Ns":2100,"p99Ns":9000} of the loop, from the receipt of a notification to its
 *             answer, of the events since the last time
 * block MS    {"blockedMs":1500} at once; then blocks JavaScript for that long, and, a second later,
 *             {"events":65536,"eventsPerSecond":1650000} of all that came since
 *
 * node --expose-gc daemon.mjs [DETAIL] SOCKET
 *
 * DETAIL: what is read of the first calls: `off`, `first` (without it), or `code`: with the functions that make them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist')
const load = path => import(pathToFileURL(join(dist, path)).href)
const [{ createDaemon, parseConfig }, { loadNative }] = await Promise.all([load('index.js'), load('native.js')])

const [socket, calls = 'first'] = process.argv.slice(2).toReversed()
const detail = calls === 'code' ? { calls: 'first', backtraces: true } : { calls }
const stateDir = mkdtempSync(join(tmpdir(), 'sn-bench-daemon-'))
const native = loadNative()
let supervisor

/** The loop's own counts are not part of the public interface. */
class Watched extends native.Supervisor {
  constructor(...args) {
    super(...args)
    supervisor = this
  }
}

const daemon = await createDaemon(
  parseConfig({
    listener: { socket },
    http: { address: 'off', socket: `${socket}.api` },
    stateDir,
    // What the program of the targets' profile says, also to those that bring none.
    policy: { errno: 'EPERM' },
    detail,
    log: { level: 'silent' },
  }),
  { native: { ...native, Supervisor: Watched } },
)

const MOST_LATENCIES = 10_000
let latenciesNs = []
let events = 0
let firstAtMs = 0
let lastAtMs = 0
daemon.on('event', ({ latencyNs }) => {
  // Of a flood that is measured otherwise.
  if (latenciesNs.length < MOST_LATENCIES) latenciesNs.push(latencyNs)
  lastAtMs = performance.now()
  if (events === 0) firstAtMs = lastAtMs
  events += 1
})

/** A full ring is empty long before. */
const DRAINED_MS = 1000

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const tell = value => console.log(JSON.stringify(value))

function stats() {
  globalThis.gc()
  const { listeners, loopWakeups } = supervisor.stats()
  tell({ listeners, rssBytes: process.memoryUsage.rss(), loopWakeups })
}

function latency() {
  const sorted = latenciesNs.toSorted((a, b) => a - b)
  latenciesNs = []
  const sum = sorted.reduce((before, each) => before + each, 0)
  const at = part => sorted[Math.floor(sorted.length * part)]
  tell({ calls: sorted.length, meanNs: sum / sorted.length, p50Ns: at(0.5), p99Ns: at(0.99) })
}

async function block(ms) {
  events = 0
  // Writing to a pipe is synchronous, so the line has left before this thread sleeps.
  tell({ blockedMs: ms })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  await sleep(DRAINED_MS)
  tell({ events, eventsPerSecond: (events / (lastAtMs - firstAtMs)) * 1000 })
}

console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const [command, argument] = line.split(' ')
  if (command === 'stats') stats()
  else if (command === 'latency') latency()
  else if (command === 'block') await block(Number(argument))
}
await daemon.close()
rmSync(stateDir, { recursive: true, force: true })
