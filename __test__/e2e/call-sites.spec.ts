/** The places in the code that make a call are told apart, and few calls are looked at for it. */

import test, { type ExecutionContext } from 'ava'
import type { CallDetail, CallSite } from '../../ts/detail.ts'
import type { StreamedCall } from '../../ts/http/events/call.ts'
import { describeDenied } from '../../ts/report/verify.ts'
import { run } from '../../ts/run.ts'
import { verify } from '../../ts/verify.ts'
import { cli } from '../helpers/cli.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import { openStream, readEvents } from '../helpers/event-stream.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'

/** A loaded machine may take its time. */
const patienceMs = 60_000
const CHROOT = '161'
const PLACES = ['first_place', 'second_place', 'third_place']
/** What `MOST_OF_A_KIND` of the supervisor says. */
const MOST_LOOKS = 64

const program = () => guest('calls-at-places')
const placeOf = (detail: CallDetail | undefined) =>
  PLACES.find(name => detail?.frames.some(frame => frame.function === name))
const looksOf = (sites: readonly CallSite[]) => sites.reduce((sum, { looks }) => sum + looks, 0)

async function sitesOf(
  t: ExecutionContext,
  command: string,
  args: string[],
  call: string,
): Promise<[CallSite[], number]> {
  const running = await run({ command, args, deny: [call], detail: { patienceMs } })
  const { calls, exitCode } = await running.finished
  t.is(exitCode, 0)
  const made = calls.filter(({ syscall }) => syscall === call)
  t.is(made.length, 1)
  return [made[0]?.sites ?? [], made[0]?.count ?? 0]
}

// On other architectures the place of the call is told, and no caller.
if (process.arch === 'x64') {
  test('each of three functions is found, though each makes the call a thousand times', async t => {
    const [sites, count] = await sitesOf(t, program(), ['1000'], 'chroot')
    t.is(count, 3000)
    t.deepEqual(
      sites.map(({ detail }) => placeOf(detail)),
      PLACES,
    )
    t.is(new Set(sites.map(({ detail }) => detail.site)).size, 3)
    t.deepEqual(
      sites.map(site => site.count),
      [null, null, null],
    )
    t.true(looksOf(sites) <= MOST_LOOKS, String(looksOf(sites)))
  })

  test('where all calls were looked at it is known how many each place made', async t => {
    const [sites] = await sitesOf(t, program(), ['1'], 'chroot')
    t.deepEqual(
      sites.map(({ count, detail }) => [placeOf(detail), count, detail.args[0]]),
      [
        ['first_place', 1, '"/nowhere"'],
        ['second_place', 1, '"/nowhere"'],
        ['third_place', 1, '"/elsewhere"'],
      ],
    )
  })

  test('verify tells people of each place', async t => {
    const profile = JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['chroot'], action: 'SCMP_ACT_ERRNO' }],
    })
    const verifying = await verify({ command: program(), args: ['1'], profile, enforce: true, detail: { patienceMs } })
    const { denied } = await verifying.finished
    const told = describeDenied(denied)
    for (const [index, place] of PLACES.entries()) {
      const site = told.split('\n').findIndex(line => line.endsWith(`  [site ${index + 1} of 3, 1 call]`))
      const next = told
        .split('\n')
        .slice(site + 1)
        .join('\n')
        .split('[site ')[0]
      t.true(site > 0 && next?.includes(`at ${place} (`), told)
    }
  })

  test('a daemon tells of each call at which place it was made, and describes all of them', async t => {
    t.timeout(170_000)
    const config = { detail: { patience: '1m', backtraces: true }, policy: { errno: 'EPERM' } }
    const daemon = await startDaemonFor(t, folderOf(t), { config })
    const reader = readEvents(await openStream(daemon.apiSocket, '/v1/events'))
    t.teardown(() => reader.cancel().catch(() => {}))
    const words = ['--id', 'web', '--call', CHROOT, '--', program(), '1']
    const web = startFakeRuntime(daemon.listenerSocket, words, { deadlineMs: 150_000 })
    t.teardown(() => web.process.kill('SIGKILL'))
    const calls = (await reader.take(3)).map(({ data }) => data as StreamedCall)
    t.deepEqual(
      calls.map(({ detail }) => placeOf(detail)),
      PLACES,
    )
    t.is(new Set(calls.map(({ detail }) => detail?.site)).size, 3)
    for (const { detail } of calls) t.regex(detail?.site ?? '', /^[0-9a-f]{16}$/)
    await web.finished
    const { stdout } = await cli(['describe', '--api-socket', daemon.apiSocket, 'web'])
    for (const number of [1, 2, 3]) t.true(stdout.includes(`  [site ${number} of 3, 1 call]\n`), stdout)
  })
}

test('of a loop of 100,000 calls few are looked at', async t => {
  const [sites, count] = await sitesOf(t, program(), ['100000', 'loop'], 'chroot')
  t.is(count, 100_000)
  t.is(sites.length, 1)
  // 1, 2, 3, 4, 8, 16 and so on; those with registers that were new.
  const looks = looksOf(sites)
  t.true(looks >= 18 && looks <= 18 + 8, String(looks))
})

test('many processes at other addresses each are one place, and few of them are looked at', async t => {
  const script = 'i=0; while [ $i -lt 200 ]; do nproc >/dev/null; i=$((i+1)); done'
  const [sites, count] = await sitesOf(t, 'sh', ['-c', script], 'sched_getaffinity')
  t.true(count >= 200)
  t.true(sites.length < count / 200 + 1, JSON.stringify(sites.map(({ detail }) => detail.frames)))
  t.true(looksOf(sites) <= 30, String(looksOf(sites)))
})
