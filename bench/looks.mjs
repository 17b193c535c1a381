/** The part of the benchmark that looks at calls: what the first of a container cost with the functions that make them, and the later ones. */
import { median, medianOf, printTable } from './report.mjs'

/** Containers whose first call is measured, by each daemon. */
const CONTAINERS = 40
const LIMIT = 1.05

/** `start` makes a daemon that reads `off`, `first` or `code`; `measure` runs a container under it with the target's arguments. */
export async function measureLooks({ start, measure, repetitions, calls }) {
  const raw = { first: [], parsing: [], off: [], code: [] }
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const detail of ['off', 'code']) {
      const daemon = await start(detail)
      if (detail === 'code') await measureFirst(daemon, measure, raw)
      // Not counted: what a daemon does once.
      await measure(daemon, calls)
      raw[detail].push(await measure(daemon, calls, 0, calls))
      await daemon.end()
    }
  }
  return raw
}

/** The first call of each container. With the first of all the program that looks is started, and the target's tables are parsed. */
async function measureFirst(daemon, measure, raw) {
  const took = []
  for (let container = 0; container <= CONTAINERS; container++) took.push((await measure(daemon, 1)).meanNs)
  raw.parsing.push(took.shift())
  raw.first.push(...took)
}

export function lookBudgets({ off, code }) {
  return ['p50Ns', 'meanNs'].map(field => {
    const value = Number((medianOf(code, field) / medianOf(off, field)).toFixed(3))
    const title = `${field === 'p50Ns' ? 'p50' : 'mean'} of later calls with backtraces of the first against without`
    return { title, value, limit: `≤ ${LIMIT}`, ok: value <= LIMIT }
  })
}

const micro = nanoseconds => (nanoseconds / 1000).toFixed(1)

export function reportLooks({ first, parsing, off, code }) {
  const sorted = first.toSorted((a, b) => a - b)
  printTable([
    ['a call, µs', 'median', '90th percentile'],
    [
      'the first of a container, with its backtrace',
      micro(median(first)),
      micro(sorted[Math.floor(sorted.length * 0.9)]),
    ],
    ['the first of a daemon and a program, likewise', micro(median(parsing)), ''],
    ['later ones', micro(medianOf(code, 'p50Ns')), ''],
    ['later ones, where nothing is looked at', micro(medianOf(off, 'p50Ns')), ''],
  ])
}
