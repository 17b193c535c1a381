import test from 'ava'
import type { Container } from '../ts/containers.ts'
import { errnoName } from '../ts/errno.ts'
import { EVENT_BYTES } from '../ts/events.ts'
import { createEventNaming } from '../ts/named-event.ts'

const names = {
  syscallName: (arch: number, number: number) => `call${number}-${arch}`,
  abiName: (arch: number) => `abi${arch}`,
  errnoName,
}
const container = { key: 'web-1', id: 'web', name: 'shop' } as Container
const ARCH = 64
const RET_ERRNO = 0x00050000

interface Fields {
  arch?: number
  number?: number
  errno?: number
  verdict?: number
}

function put(view: DataView, offset: number, { arch = ARCH, number = 161, errno = 1, verdict }: Fields): void {
  view.setUint32(offset + 4, arch, true)
  view.setInt32(offset + 8, number, true)
  view.setUint32(offset + 12, verdict ?? RET_ERRNO + errno, true)
  view.setBigUint64(offset + 16, 0xfedcba9876543210n, true)
  view.setFloat64(offset + 24, 1234.5, true)
  view.setInt32(offset + 36, -errno, true)
  for (let index = 0; index < 6; index++) view.setBigUint64(offset + 56 + index * 8, BigInt(index) << 60n, true)
  view.setBigUint64(offset + 104, 99n, true)
}

function batch(...records: Fields[]): DataView {
  const view = new DataView(new ArrayBuffer(EVENT_BYTES * records.length))
  for (const [index, fields] of records.entries()) put(view, index * EVENT_BYTES, fields)
  return view
}

const ARGS = [0n, 1n << 60n, 2n << 60n, 3n << 60n, 4n << 60n, 5n << 60n]

test('an event has every field under its name', t => {
  const nameEvent = createEventNaming(names)
  t.deepEqual(nameEvent(batch({}), 0, container), {
    container: { key: 'web-1', id: 'web', name: 'shop' },
    syscall: 'call161-64',
    abi: 'abi64',
    verdict: 'EPERM',
    errno: 'EPERM',
    number: 161,
    notificationId: 0xfedcba9876543210n,
    atMs: 1234.5,
    tid: 0,
    phase: 'run',
    continued: false,
    latencyNs: 0,
    instructionPointer: 0n,
    args: ARGS,
    sequence: 99n,
  })
  t.is(nameEvent(batch({}), 0, undefined).container, undefined)
})

test('each call gets its own words, whatever the one before it was', t => {
  const records = [
    { number: 161 },
    { number: 161 },
    { number: 83 },
    { number: 83, arch: 32 },
    { number: 83, arch: 32, errno: 13 },
    { number: 83, arch: 32, errno: 0, verdict: 0x7fff0000 },
    { number: 83, arch: 32, errno: 0 },
    { number: 161 },
  ]
  const nameEvent = createEventNaming(names)
  const view = batch(...records)
  const events = records.map((_, index) => nameEvent(view, index * EVENT_BYTES, container))
  t.deepEqual(
    events.map(({ syscall, abi, verdict, errno }) => [syscall, abi, verdict, errno]),
    [
      ['call161-64', 'abi64', 'EPERM', 'EPERM'],
      ['call161-64', 'abi64', 'EPERM', 'EPERM'],
      ['call83-64', 'abi64', 'EPERM', 'EPERM'],
      ['call83-32', 'abi32', 'EPERM', 'EPERM'],
      ['call83-32', 'abi32', 'EACCES', 'EACCES'],
      ['call83-32', 'abi32', 'allow', null],
      ['call83-32', 'abi32', 'errno_0', null],
      ['call161-64', 'abi64', 'EPERM', 'EPERM'],
    ],
  )
})

test('an event outlives the batch that it came in, and copies of it are whole', t => {
  const view = batch({})
  const event = createEventNaming(names)(view, 0, container)
  new Uint8Array(view.buffer).fill(0xff)
  t.deepEqual(event.args, ARGS)
  t.is(event.sequence, 99n)
  t.deepEqual({ ...event }, event)
  t.deepEqual(structuredClone(event), event)
  const asText = JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
  t.deepEqual((JSON.parse(asText) as { args: string[] }).args, ARGS.map(String))
})

test('what a subscriber does to an event changes no other', t => {
  const nameEvent = createEventNaming(names)
  const view = batch({}, {})
  const first = nameEvent(view, 0, container)
  Object.assign(first.container ?? {}, { id: 'changed' })
  first.args.fill(7n)
  const second = nameEvent(view, EVENT_BYTES, container)
  t.is(second.container?.id, 'web')
  t.deepEqual(second.args, ARGS)
  t.is(container.id, 'web')
})
