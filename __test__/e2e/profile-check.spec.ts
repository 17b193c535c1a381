/** What `profile check` says a runtime refuses is refused by that runtime, and what it does not say is not. */

import { check as find } from '../../ts/check.ts'
import type { Profile, RuntimeName } from '../helpers/containers.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const ALLOW = 'SCMP_ACT_ALLOW'
const DENY_CHROOT = { names: ['chroot'], action: 'SCMP_ACT_ERRNO' }
const argument = (value: number) => [{ index: 0, value, op: 'SCMP_CMP_EQ' }]

const allowing = (...syscalls: Profile['syscalls']): Profile => ({ defaultAction: ALLOW, syscalls })

type Refusals = Record<RuntimeName, readonly string[]>
const both = (code: string): Refusals => ({ runc: [code], crun: [code] })

/** A profile, and the codes of the errors for which a runtime starts no container. */
const PROFILES: [title: string, profile: Profile, refusals: Refusals][] = [
  ['nothing wrong', allowing(DENY_CHROOT), { runc: [], crun: [] }],
  [
    'an errno for an action without one',
    allowing({ ...DENY_CHROOT, action: 'SCMP_ACT_KILL', errnoRet: 5 }),
    {
      runc: [],
      crun: ['misplaced-errno'],
    },
  ],
  [
    'an errno for a default without one',
    { ...allowing(DENY_CHROOT), defaultErrnoRet: 5 },
    {
      runc: [],
      crun: ['misplaced-errno'],
    },
  ],
  ['a flag that nobody knows', { ...allowing(DENY_CHROOT), flags: ['SECCOMP_FILTER_FLAG_NEW'] }, both('flags')],
  [
    'two actions for one condition',
    allowing(
      { names: ['personality'], action: 'SCMP_ACT_ERRNO', args: argument(8) },
      { names: ['personality'], action: 'SCMP_ACT_LOG', args: argument(8) },
    ),
    both('conflicting-rules'),
  ],
  ['nothing allowed', { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [DENY_CHROOT] }, both('allows-nothing')],
  ['an action that is none', allowing({ ...DENY_CHROOT, action: 'SCMP_ACT_DENY' }), both('invalid')],
  ['nobody to notify', allowing({ ...DENY_CHROOT, action: 'SCMP_ACT_NOTIFY' }), { runc: ['listener-path'], crun: [] }],
  ['write denied', allowing({ names: ['write'], action: 'SCMP_ACT_ERRNO' }), { runc: ['runtime-needs'], crun: [] }],
]

const REFUSALS = new Set(PROFILES.flatMap(([, , { runc, crun }]) => [...runc, ...crun]))

for (const runtime of ['runc', 'crun'] satisfies RuntimeName[]) {
  const { check, createPlace } = checksUnder(runtime)
  for (const [title, profile, { [runtime]: expected }] of PROFILES) {
    check(`${title}: ${expected.length === 0 ? 'a container starts' : 'no container starts'}`, async t => {
      const document = { format: 'oci' as const, text: JSON.stringify(profile) }
      const findings = await find(document, { runtimes: [runtime], facts: { capabilities: [] } })
      const errors = findings.filter(({ severity, code }) => severity === 'error' && REFUSALS.has(code))
      t.deepEqual([...new Set(errors.map(({ code }) => code))], expected)
      const runtimes = createPlace(t)
      const bundle = runtimes.bundle({ args: ['sh', '-c', 'exit 7'], profile })
      const { code, stderr } = await runtimes.run(`c-${process.pid}`, bundle).finished
      if (expected.length === 0) t.is(code, 7, stderr)
      else t.not(code, 7, stderr)
    })
  }
}

/** With a listener, so that nothing but the action can be refused. */
const NOTIFYING: [title: string, code: string, profile: Partial<Profile>, says: RegExp][] = [
  [
    'by default',
    'notify-default',
    { defaultAction: 'SCMP_ACT_NOTIFY', syscalls: [{ names: ['write'], action: ALLOW }] },
    /default/i,
  ],
  ['for write', 'notify-write', { syscalls: [{ names: ['write'], action: 'SCMP_ACT_NOTIFY' }] }, /write/i],
]
const runc = checksUnder('runc')
for (const [title, expected, more, says] of NOTIFYING) {
  runc.check(`no container starts that notifies ${title}`, async t => {
    const { runtimes, profile } = await runc.setting(t)
    const notifying = profile(['write'], more)
    const document = { format: 'oci' as const, text: JSON.stringify(notifying) }
    const findings = await find(document, { runtimes: ['runc'], facts: { capabilities: [] } })
    t.true(findings.some(({ severity, code }) => severity === 'error' && code === expected))
    const bundle = runtimes.bundle({ args: ['sh', '-c', 'exit 7'], profile: notifying })
    const { code, stderr } = await runtimes.run(`c-${process.pid}`, bundle).finished
    t.not(code, 7)
    t.regex(stderr, says)
  })
}
