/** What the benchmark prints: medians over the repetitions, as tables. */

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Milliseconds from the call of the runtime to the first output of the container's program. */
export const startMs = (turns, kind) => median(turns.map(({ start }) => start[kind]))

/** Milliseconds of the shim itself: over those of a program that does nothing, which it becomes here. */
export const ownMs = (turns, kind) => median(turns.map(({ own }) => own[kind] - own.direct))

export const medianOf = (runs, field) => median(runs.map(result => result[field]))

export function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => String(row[column]).length)))
  for (const row of rows) {
    console.log(
      row
        .map((cell, column) => (column === 0 ? String(cell).padEnd(widths[0]) : String(cell).padStart(widths[column])))
        .join('  '),
    )
  }
  console.log()
}

const micro = nanoseconds => (nanoseconds / 1000).toFixed(2)
const costs = runs => ['meanNs', 'p50Ns', 'p99Ns'].map(field => micro(medianOf(runs, field)))

export function reportCalls(raw, supervisors) {
  printTable([
    ['one denied call, µs', 'mean', 'p50', 'p99', 'quiet p50', 'quiet p99', 'flood calls/s'],
    ...supervisors.map(({ key, title }) => [
      title,
      ...costs(raw.alone[key]),
      ...['p50Ns', 'p99Ns'].map(field => micro(medianOf(raw.quiet[key], field))),
      Math.round(medianOf(raw.quiet[key], 'floodCallsPerSecond')),
    ]),
    ...(raw.traced.length > 0 ? [['strace -f -c, no filter', ...costs(raw.traced), '', '', '']] : []),
  ])
}

export function reportWakeUps(raw, wakeUps) {
  printTable([
    ['C, blocking, by wake-up, µs', 'mean', 'p50', 'p99'],
    ...wakeUps.map(({ key, title }) => [title, ...costs(raw[key])]),
  ])
}

export function reportReaders({ none, read }) {
  printTable([
    ['one denied call now and then, µs', 'mean', 'p50', 'p99', 'loop p50', 'loop p99'],
    readersRow('nobody reads events', none),
    readersRow('200 readers, one stalled', read),
  ])
}

const readersRow = (title, turns) => [title, ...costs(turns), ...costs(turns.map(({ loop }) => loop)).slice(1)]

export function reportStarts(raw) {
  const kinds = ['plain', 'seen', 'new']
  printTable([
    ['start of a container, ms', 'without', 'profile seen', 'profile new', 'own, seen', 'own, new'],
    ...Object.entries(raw).map(([name, turns]) => [
      name,
      ...kinds.map(kind => startMs(turns, kind).toFixed(1)),
      ...kinds.slice(1).map(kind => ownMs(turns, kind).toFixed(1)),
    ]),
  ])
}

/** `overhead` and `eachCall` are those of recordings.mjs. */
export function reportRecordings(raw, titles, { overhead, eachCall }) {
  const ways = ['record', 'floor', 'counting', 'writing']
  const heads = ['record', 'C, nothing kept', 'strace -f -c', 'strace -f -o']
  printTable([
    ['added to a program, ms', 'calls', 'alone', ...heads, 'record / strace -f -c'],
    ...Object.entries(raw).map(([title, turns]) => [
      title,
      medianOf(turns, 'calls'),
      medianOf(turns, 'plain').toFixed(0),
      ...ways.map(way => overhead(turns, way).toFixed(0)),
      (overhead(turns, 'record') / overhead(turns, 'counting')).toFixed(2),
    ]),
  ])
  printTable([
    ['added to each call, µs', ...heads],
    ...titles.map(title => [title, ...ways.map(way => eachCall(raw, title, way).toFixed(2))]),
  ])
}

export function reportBudgets(results) {
  printTable([
    ['budget', 'measured', 'limit', '', 'the C loop'],
    ...results.map(({ title, value, limit, ok, floor = '' }) => [title, value, limit, verdict(ok), floor]),
  ])
}

function verdict(ok) {
  if (ok === null) return ''
  return ok ? 'pass' : 'MISS'
}
