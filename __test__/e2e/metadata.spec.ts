/** `listenerMetadata` from profile to answer, under the real runc and the real crun. */

import { until } from '../helpers/child.ts'
import type { RuntimeName } from '../helpers/containers.ts'
import type { DaemonProcess } from '../helpers/daemon-process.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'
import { compile } from '../../ts/profiles.ts'

const EPERM = { policy: { errno: 'EPERM' } }
const KILLED = 137
const QUERY = '0xffffffff'
/** BPF_MAXINSNS of linux/bpf_common.h. */
const MOST_INSTRUCTIONS = 4096

/** Denies two values of an argument, each in its own way, and allows all others. */
const BY_ARGUMENT = JSON.stringify({
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [
    {
      names: ['personality'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 13,
      args: [{ index: 0, value: 8, op: 'SCMP_CMP_EQ' }],
    },
    {
      names: ['personality'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 38,
      args: [{ index: 0, value: 16, op: 'SCMP_CMP_EQ' }],
    },
  ],
})

const metadataWith = (program: Buffer | string, version = 1): string =>
  JSON.stringify({ v: version, program: typeof program === 'string' ? program : program.toString('base64') })

/** struct sock_filter of linux/filter.h. */
function instruction(code: number, yes: number, no: number, k: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(code, 0)
  bytes.writeUInt8(yes, 2)
  bytes.writeUInt8(no, 3)
  bytes.writeUInt32LE(k, 4)
  return bytes
}

const RETURN_ALLOW = instruction(0x06, 0, 0, 0x7fff_0000)
const JUMP_BEYOND_THE_END = instruction(0x05, 0, 0, 100)
const LOAD_BEYOND_THE_DATA = instruction(0x20, 0, 0, 64)

/** Each would let the call run, were it taken. */
const UNUSABLE: [title: string, metadata: string, says: RegExp][] = [
  ['no base64', metadataWith('*not base64*'), /program is not used.*default errno answers/],
  ['half an instruction', metadataWith(RETURN_ALLOW.subarray(0, 7)), /program is not used/],
  ['no instruction', metadataWith(''), /program is not used/],
  ['too long', metadataWith(Buffer.concat(Array<Buffer>(MOST_INSTRUCTIONS + 1).fill(RETURN_ALLOW))), /4096/],
  ['a jump out of it', metadataWith(Buffer.concat([JUMP_BEYOND_THE_END, RETURN_ALLOW])), /program is not used/],
  ['a load out of bounds', metadataWith(Buffer.concat([LOAD_BEYOND_THE_DATA, RETURN_ALLOW])), /program is not used/],
  ['no return', metadataWith(instruction(0x20, 0, 0, 0)), /program is not used/],
  ['an unknown version', metadataWith(RETURN_ALLOW, 2), /metadata has the version "2", accepted: 1/],
  ['an unknown member', JSON.stringify({ v: 1, answers: 'continue' }), /metadata has the unknown member "answers"/],
  ['no JSON', 'answer=continue', /metadata is not a JSON object/],
]

function define(runtime: RuntimeName): void {
  const { check, setting } = checksUnder(runtime)

  check('the program decides by argument: one errno, another errno, or the call runs', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: EPERM }, ['calls-with-argument'])
    const listenerMetadata = metadataWith((await compile({ profile: BY_ARGUMENT })).program)
    const args = ['calls-with-argument', QUERY, '8', '16', QUERY, '8']
    const bundle = runtimes.bundle({ args, profile: profile(['personality'], { listenerMetadata }) })
    const { code, stdout, stderr } = await runtimes.run('by-argument', bundle).finished
    t.is(code, 0, stderr)
    t.deepEqual(stdout.trim().split('\n'), [`${QUERY} OK`, '0x8 EACCES', '0x10 ENOSYS', `${QUERY} OK`, '0x8 EACCES'])
    await until(async () => (await daemon.calls('by-argument', 'personality')) === 5, 5000)
    t.deepEqual(await verdicts(daemon, 'by-argument'), ['EACCES 2', 'ENOSYS 1', 'allow 2'])
    t.deepEqual((await daemon.container('by-argument'))?.warnings, [])
  })

  check('of two containers on one socket only the one whose metadata says stop is stopped', async t => {
    const config = { policy: { ...EPERM.policy, debounce: '500ms' } }
    const { runtimes, daemon, profile } = await setting(t, { config })
    const [stops, logs] = (['stop', 'log'] as const).map(action => {
      const listenerMetadata = JSON.stringify({ v: 1, action })
      const args = ['sh', '-c', 'chroot / true; echo called; exec sleep 1000']
      return runtimes.run(action, runtimes.bundle({ args, profile: profile(['chroot'], { listenerMetadata }) }))
    })
    await logs?.printed('called')
    t.is((await stops?.finished)?.code, KILLED)
    await until(async () => (await daemon.container('log'))?.incidents.length === 1, 5000)
    await until(async () => (await daemon.container('stop'))?.state === 'stopped', 5000)
    t.is((await runtimes.state('log'))?.status, 'running')
    t.is((await daemon.container('log'))?.incidents[0]?.outcome, 'logged')
    t.is((await daemon.container('stop'))?.policySource, 'action: metadata, answer: configuration')
  })

  check('what cannot be used is left aside as a whole, with one warning that names the container', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: EPERM }, ['calls-with-argument'])
    for (const [index, [title, listenerMetadata, says]] of UNUSABLE.entries()) {
      const id = `unusable-${index}-x`
      const bundle = runtimes.bundle({
        args: ['calls-with-argument', QUERY],
        profile: profile(['personality'], { listenerMetadata }),
      })
      const { stdout, stderr } = await runtimes.run(id, bundle).finished
      t.is(stdout.trim(), `${QUERY} EPERM`, `${title}: ${stderr}`)
      await until(async () => (await daemon.calls(id, 'personality')) === 1, 5000)
      const { warnings = [], action } = (await daemon.container(id)) ?? {}
      t.is(warnings.length, 1, `${title}: ${warnings.join('; ')}`)
      t.regex(warnings[0] ?? '', says, title)
      t.is(action, 'log')
      await until(() => warningsOf(daemon, id) > 0, 5000)
    }
    for (const [index, [title]] of UNUSABLE.entries()) t.is(warningsOf(daemon, `unusable-${index}-x`), 1, title)
  })
}

async function verdicts(daemon: DaemonProcess, id: string): Promise<string[]> {
  const calls = (await daemon.container(id))?.calls ?? []
  return calls.map(({ verdict, count }) => `${verdict} ${count}`).toSorted()
}

/** Lines of the daemon's log. */
function warningsOf(daemon: DaemonProcess, id: string): number {
  const about = daemon.logs().filter(line => (line['container'] as { id?: string } | undefined)?.id === id)
  return about.filter(({ msg }) => msg === 'container warning').length
}

for (const runtime of ['runc', 'crun'] as const) define(runtime)
