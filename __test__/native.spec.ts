import test from 'ava'
import { decodeEvent, EVENT_BYTES, readEventKey, readEventTimeMs } from '../ts/events.ts'
import { addonMissing, addonNames } from '../ts/addon.ts'
import { narrowNotice } from '../ts/native.ts'

const linux = { platform: 'linux', arch: 'x64', libc: 'gnu' } as const

test('the addon is named for architecture and libc', t => {
  t.deepEqual(addonNames(linux), {
    file: 'notifyd.linux-x64-gnu.node',
    package: '@seccomp-notifyd/addon-linux-x64-gnu',
  })
  t.is(addonNames({ ...linux, arch: 'arm64', libc: 'musl' }).file, 'notifyd.linux-arm64-musl.node')
})

test('another platform or architecture is refused with its name', t => {
  t.throws(() => addonNames({ ...linux, platform: 'darwin' }), { code: 'ERR_UNSUPPORTED_PLATFORM', message: /darwin/ })
  t.throws(() => addonNames({ ...linux, arch: 'riscv64' }), { code: 'ERR_UNSUPPORTED_ARCH', message: /riscv64.*x64/ })
})

test('a missing addon is named together with the likely cause', t => {
  const error = addonMissing('@seccomp-notifyd/addon-linux-x64-gnu')
  t.is(error.code, 'ERR_ADDON_MISSING')
  t.regex(error.message, /@seccomp-notifyd\/addon-linux-x64-gnu.*--omit=optional/)
})

test('a notice about a listener that names none is dropped', t => {
  t.is(narrowNotice({ kind: 'detached', atMs: 1 }), undefined)
  t.is(narrowNotice({ kind: 'detached', atMs: 1, listener: 0 })?.kind, 'detached')
  t.is(narrowNotice({ kind: 'refused', atMs: 1, reason: 'peer' })?.kind, 'refused')
})

function record(): DataView {
  const view = new DataView(new ArrayBuffer(EVENT_BYTES * 2))
  const at = EVENT_BYTES
  view.setUint32(at, 7, true)
  view.setUint32(at + 4, 0xc000003e, true)
  view.setInt32(at + 8, -1, true)
  view.setUint32(at + 12, 0x80000000, true)
  view.setBigUint64(at + 16, 0xfedcba9876543210n, true)
  view.setFloat64(at + 24, 1234.5, true)
  view.setUint32(at + 32, 4242, true)
  view.setInt32(at + 36, -38, true)
  view.setUint32(at + 40, 3, true)
  view.setUint32(at + 44, 5100, true)
  view.setBigUint64(at + 48, 0x7fffdeadbeefn, true)
  for (let index = 0; index < 6; index++) view.setBigUint64(at + 56 + index * 8, BigInt(index) << 60n, true)
  view.setBigUint64(at + 104, 99n, true)
  return view
}

test('an event record is decoded field by field', t => {
  t.deepEqual(decodeEvent(record(), EVENT_BYTES), {
    listener: 7,
    arch: 0xc000003e,
    number: -1,
    verdict: 0x80000000,
    notificationId: 0xfedcba9876543210n,
    atMs: 1234.5,
    tid: 4242,
    errno: 38,
    phase: 'init',
    continued: true,
    latencyNs: 5100,
    instructionPointer: 0x7fffdeadbeefn,
    args: [0n, 1n << 60n, 2n << 60n, 3n << 60n, 4n << 60n, 5n << 60n],
    sequence: 99n,
  })
})

test('the pump reads the key and the time alone', t => {
  t.deepEqual(readEventKey(record(), EVENT_BYTES), {
    listener: 7,
    arch: 0xc000003e,
    number: -1,
    verdict: 0x80000000,
    init: true,
  })
  t.is(readEventTimeMs(record(), EVENT_BYTES), 1234.5)
})
