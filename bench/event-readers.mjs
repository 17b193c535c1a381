/**
 * Readers of `/v1/events` through the unix socket of the HTTP interface. One of them asks and then never reads. Prints
 * "ready" when the daemon has greeted all others; for each line of standard input waits until each of these has been sent
 * so many calls in all, and prints {"fewest":500,"most":500,"dropped":0}.
 *
 * node event-readers.mjs SOCKET COUNT
 */
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

const [socket, count] = process.argv.slice(2)
const REQUEST = 'GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n'
const POLL_MS = 20

function open() {
  const connection = connect(socket)
  connection.write(REQUEST)
  connection.on('error', fail)
  connection.on('close', () => fail(new Error('the daemon ended a stream')))
  return connection
}

function fail(error) {
  console.error(error)
  process.exit(1)
}

/** Counts lines; a chunk ends anywhere. */
function read(connection) {
  const reader = { greeted: false, calls: 0, dropped: 0 }
  let rest = ''
  connection.on('data', bytes => {
    const lines = (rest + bytes.toString('latin1')).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      if (line === 'event: call') reader.calls += 1
      else if (line === 'event: dropped') reader.dropped += 1
      else if (line === ': connected') reader.greeted = true
    }
  })
  return reader
}

async function until(condition) {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, POLL_MS))
}

const stalled = open()
stalled.pause()
const readers = Array.from({ length: Number(count) - 1 }, () => read(open()))
await until(() => readers.every(({ greeted }) => greeted))
console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  await until(() => readers.every(({ calls }) => calls >= Number(line)))
  const calls = readers.map(reader => reader.calls)
  const dropped = readers.reduce((sum, reader) => sum + reader.dropped, 0)
  console.log(JSON.stringify({ fewest: Math.min(...calls), most: Math.max(...calls), dropped }))
}
process.exit(0)
