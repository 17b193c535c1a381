/** The part of the benchmark that reads `/v1/events`: whether the answers of the loop are later while many read. */
import { join } from 'node:path'
import { root } from '../tools/setup.mjs'
import { medianOf } from './report.mjs'

/** As many as the daemon lets in; one of them never reads. */
const READERS = 200
/** 50 calls a second are 10,000 that readers are sent: some half of a processor for both sides, and none is short of time. */
const INTERVAL_US = 20_000
const CALLS = 500
const WARMING_CALLS = 50
const KINDS = ['none', 'read']

/** `start`: a daemon; `target`: a container of it that makes calls; `open`: a child process. One entry per turn. */
export async function measureReaders({ start, open, measure }, repetitions) {
  const raw = { none: [], read: [] }
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    // Neither is always the first.
    for (const kind of repetition % 2 === 1 ? KINDS : KINDS.toReversed())
      raw[kind].push(await turn({ start, open, measure }, kind))
  }
  return raw
}

async function turn({ start, open, measure }, kind) {
  const daemon = await start()
  const readers = kind === 'read' ? await openReaders(open, daemon) : undefined
  await measure(daemon, 'warming', WARMING_CALLS, INTERVAL_US)
  await loopLatency(daemon)
  const result = await measure(daemon, 'measured', CALLS, INTERVAL_US)
  const loop = await loopLatency(daemon)
  if (readers !== undefined) await haveReadAll(readers, WARMING_CALLS + CALLS)
  await readers?.end()
  await daemon.end()
  return { ...result, loop }
}

/** JavaScript has the last events a moment after the calls. */
async function loopLatency(daemon) {
  await new Promise(resolve => setTimeout(resolve, 200))
  return daemon.ask('latency')
}

async function openReaders(open, { socket }) {
  const readers = open(process.execPath, [join(root, 'bench/event-readers.mjs'), `${socket}.api`, String(READERS)])
  await readers.line()
  return readers
}

/** Readers that are sent less than all would make it look cheap. */
async function haveReadAll(readers, calls) {
  readers.write(`${calls}\n`)
  const { fewest, most, dropped } = JSON.parse(await readers.line())
  if (fewest !== calls || most !== calls || dropped > 0)
    throw new Error(`of ${calls} calls readers were sent ${fewest} to ${most}, with ${dropped} gaps`)
}

export function readerBudgets({ none, read }) {
  const title = `with ${READERS} readers of events, one stalled, against none`
  return [
    atMost(`p50 of the loop ${title}`, medianOf(loops(read), 'p50Ns') / medianOf(loops(none), 'p50Ns'), 1.1),
    atMost(`p50 of a call ${title}`, medianOf(read, 'p50Ns') / medianOf(none, 'p50Ns'), 1.1),
  ]
}

const loops = turns => turns.map(({ loop }) => loop)

function atMost(title, exact, limit) {
  const value = Number(exact.toFixed(3))
  return { title, value, limit: `≤ ${limit}`, ok: value <= limit }
}
