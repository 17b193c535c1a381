/** Which code made a call: functions, file and line, in every report. */

import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { CallDetail } from '../../ts/detail.ts'
import type { StreamedCall } from '../../ts/http/events/call.ts'
import { run } from '../../ts/run.ts'
import type { Verification } from '../../ts/verification.ts'
import { until } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { startDaemonFor } from '../helpers/daemon-process.ts'
import { reportOf } from '../helpers/embedded.ts'
import { openStream, readEvents } from '../helpers/event-stream.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { projectRoot } from '../helpers/project.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const CHROOT = process.arch === 'x64' ? '161' : '51'
const SOURCE = '__test__/fixtures/guests/calls-in-functions.c'
/** On arm64 callers are found in another way, which `crates/backtrace` tests with what was recorded. */
const OWN = process.arch === 'x64' ? ['asks_for_a_root', 'serves_a_request', 'main', '_start'] : []
/** A loaded machine may take its time. */
const patienceMs = 60_000

const program = () => guest('calls-in-functions', ['-g'])
const names = (detail: CallDetail | undefined) => (detail?.frames ?? []).map(frame => frame.function)

function lineOf(text: string): number {
  const lines = readFileSync(join(projectRoot, SOURCE), 'utf8').split('\n')
  return lines.findIndex(line => line.includes(text)) + 1
}

function assertChain(t: ExecutionContext, detail: CallDetail | undefined): void {
  const found = names(detail)
  t.is(found[0], 'chroot', JSON.stringify(detail))
  t.deepEqual(
    found.filter(name => name !== null && OWN.includes(name)),
    OWN,
    JSON.stringify(detail),
  )
}

test.serial('a report of run tells functions, files and lines, the innermost first', async t => {
  const running = await run({ command: program(), deny: ['chroot'], env: {}, detail: { patienceMs } })
  const report = await running.finished
  const { detail } = report.calls[0]!
  assertChain(t, detail)
  t.is(report.exitCode, 4)
  if (OWN.length === 0) return
  const innermost = detail?.frames.find(frame => frame.function === 'asks_for_a_root')
  t.like(innermost, { module: program(), line: lineOf('chroot("/nowhere'), inlined: false, found: 'tables' })
  t.true(innermost?.file?.endsWith(SOURCE), innermost?.file ?? '')
  t.regex(innermost?.offset ?? '', /^0x[0-9a-f]+$/)
  t.is(detail?.framesEnd, null)
  t.is(detail?.cwd, process.cwd())
})

test.serial('run tells people where a call was made, and nothing where that is switched off', async t => {
  const words = ['run', '--deny', 'chroot']
  const told = await cli([...words, '--', program()])
  t.true(told.stderr.includes('\n    at chroot ('.replaceAll('    ', 'seccomp-notifyd:   ')), told.stderr)
  if (OWN.length > 0) t.regex(told.stderr, /at asks_for_a_root \(.*calls-in-functions\.c:\d+\)\n/)
  t.true(told.stderr.endsWith('seccomp-notifyd: Used forbidden syscalls: chroot (4x)\n'), told.stderr)
  const off = await cli([...words, '--no-backtraces', '--json', '--', program()])
  t.deepEqual(reportOf(off).calls[0]?.detail?.frames, [])
})

test.serial('verify tells which code makes the calls that are new', async t => {
  const file = join(folderOf(t), 'profile.json')
  const rule = { names: ['chroot'], action: 'SCMP_ACT_ERRNO' }
  writeFileSync(file, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] }))
  const { stderr } = await cli(['verify', '--profile', file, '--', program()])
  t.true(stderr.includes('\n  at chroot ('), stderr)
  const output = join(folderOf(t), 'found.json')
  await cli(['verify', '--profile', file, '--format', 'json', '--output', output, '--', program()])
  assertChain(t, (JSON.parse(readFileSync(output, 'utf8')) as Verification).denied[0]?.detail)
})

for (const backtraces of [true, false]) {
  test.serial(`a daemon ${backtraces ? 'tells it where that is asked' : 'looks for no code by itself'}`, async t => {
    t.timeout(170_000)
    const detail = { patience: '1m', ...(backtraces ? { backtraces } : {}) }
    const daemon = await startDaemonFor(t, folderOf(t), { config: { detail, policy: { errno: 'EPERM' } } })
    const reader = readEvents(await openStream(daemon.apiSocket, '/v1/events'))
    t.teardown(() => reader.cancel().catch(() => {}))
    const words = ['--id', 'web', '--call', CHROOT, '--', program()]
    const web = startFakeRuntime(daemon.listenerSocket, words, { deadlineMs: 150_000 })
    t.teardown(() => web.process.kill('SIGKILL'))
    const [first] = (await reader.take(4)).map(({ data }) => data as StreamedCall)
    t.is(first?.detail?.missing, null)
    if (backtraces) assertChain(t, first?.detail)
    else t.deepEqual(names(first?.detail), [])
    await web.finished
    const described = await cli(['describe', '--api-socket', daemon.apiSocket, 'web'])
    t.is(described.stdout.includes('    at chroot ('), backtraces, described.stdout)
  })
}

const SCRIPT = "import os\ntry:\n  os.chroot('/nowhere')\nexcept OSError:\n  pass\n"

test.serial('of an interpreter it is told which script it runs, with what, and where', async t => {
  const folder = realpathSync(folderOf(t))
  writeFileSync(join(folder, 'script.py'), SCRIPT)
  const args = ['script.py', 'first argument', '--second']
  const running = await run({ command: 'python3', args, cwd: folder, deny: ['chroot'], detail: { patienceMs } })
  const { calls, exitCode } = await running.finished
  t.is(exitCode, 0)
  const { detail } = calls[0]!
  t.regex(detail?.exe ?? '', /\/python3[^/]*$/)
  t.regex(detail?.cmdline[0] ?? '', /python3/)
  t.deepEqual(detail?.cmdline.slice(1), args)
  t.is(detail?.cwd, folder)
  t.deepEqual(detail?.args, ['"/nowhere"'])
  t.is(names(detail)[0], 'chroot', JSON.stringify(detail))
  if (OWN.length > 0)
    t.true(
      names(detail).some(name => name?.startsWith('Py')),
      JSON.stringify(detail),
    )
})

for (const runtime of ['runc', 'crun'] as const) {
  const { check, setting } = checksUnder(runtime)

  check('functions of a program in a container are told, whose files lie in its own mount namespace', async t => {
    const config = { detail: { patience: '1m', backtraces: true }, policy: { errno: 'EPERM' } }
    const { runtimes, daemon, profile } = await setting(t, { config }, ['calls-in-functions'])
    const id = `functions-${process.pid}`
    const bundle = runtimes.bundle({ args: ['calls-in-functions'], profile: profile(['chroot']) })
    const { code } = await runtimes.run(id, bundle).finished
    t.is(code, 4)
    await until(async () => (await daemon.calls(id, 'chroot')) === 4, 5000)
    const view = await daemon.container(id)
    const chroot = view?.calls.find(({ syscall, phase }) => syscall === 'chroot' && phase === 'run')
    assertChain(t, chroot?.detail)
    t.deepEqual(
      chroot?.sites?.map(({ looks, count }) => [looks, count]),
      [[4, 4]],
    )
  })
}
