import test from 'ava'
import { PARTS, waysIn, type Part, type Version } from '../ts/ways-in.ts'

const passes = (part: Part, version: Version) => waysIn(part, version).passThrough.works

/** The first version of each that passes a listener on, and the last one before it. */
const FIRST: [Part, Version, Version][] = [
  ['docker', [20, 10, 24], [23, 0, 0]],
  ['containerd', [1, 5, 4], [1, 5, 5]],
  ['podman', [4, 0, 9], [4, 1, 0]],
  ['crio', [1, 24, 6], [1, 25, 0]],
  ['runc', [1, 0, 3], [1, 1, 0]],
  ['crun', [0, 18, 0], [0, 19, 0]],
]

for (const [part, last, first] of FIRST) {
  test(`${part} passes listeners on from ${first.join('.')}`, t => {
    t.false(passes(part, last))
    t.true(passes(part, first))
    t.true(passes(part, [first[0] + 1, 0, 0]))
    t.false(passes(part, [0, 0, 1]))
  })
}

test('a kubelet of any version names a profile and never reads it', t => t.true(passes('kubelet', [1, 10, 0])))

test('the shim works with every version of an engine, and with runtimes that hand listeners over', t => {
  for (const part of ['docker', 'containerd', 'podman', 'crio', 'kubelet'] as const)
    t.true(waysIn(part, [0, 1, 0]).shim.works, part)
  t.false(waysIn('runc', [1, 0, 3]).shim.works)
  t.true(waysIn('crun', [1, 8, 1]).shim.works)
})

test('what a container asks for reaches the shim but in old versions of Docker', t => {
  t.false(waysIn('docker', [23, 0, 6]).annotations.works)
  t.true(waysIn('docker', [24, 0, 0]).annotations.works)
  t.true(waysIn('containerd', [1, 5, 0]).annotations.works)
})

test('every answer has its reason', t => {
  for (const part of PARTS) {
    for (const version of [
      [0, 0, 0],
      [99, 0, 0],
    ] as const)
      for (const { works, reason } of Object.values(waysIn(part, version)))
        t.true(reason.length > 5, `${part} ${works}`)
  }
})
