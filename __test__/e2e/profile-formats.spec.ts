/** `run --profile` with the engines' formats: which rules hold is seen in what a command experiences. */

import test from 'ava'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start, type Finished } from '../helpers/child.ts'
import { CLI } from '../helpers/daemon-process.ts'
import { projectRoot } from '../helpers/project.ts'

const DOCKER = join(projectRoot, 'crates/profile/fixtures/conditions-in-an-allowing-profile.json')
const CALLS = 'chroot / true; swapoff /x; true'

function run(...args: string[]): Promise<Finished> {
  return start(process.execPath, [CLI, 'run', ...args]).finished
}

function folder(t: { teardown(undo: () => void): void }): string {
  const made = mkdtempSync(join(tmpdir(), 'notifyd-profile-'))
  t.teardown(() => rmSync(made, { recursive: true }))
  return made
}

function forbidden(stderr: string): string | undefined {
  return /Used forbidden syscalls: (.*)/.exec(stderr)?.[1]
}

test("a rule of Docker's format holds without the capability that excludes it", async t => {
  const { stderr } = await run('--profile', DOCKER, '--cap', '', '--', 'sh', '-c', CALLS)
  t.is(forbidden(stderr), 'chroot (1x)')
  t.regex(stderr, /chroot.*Permission denied/)
})

test("a rule of Docker's format holds with the capability that includes it", async t => {
  const { stderr } = await run('--profile', DOCKER, '--cap', 'cap_sys_admin,SYS_CHROOT', '--', 'sh', '-c', CALLS)
  t.is(forbidden(stderr), 'swapoff (1x)')
  t.regex(stderr, /swapoff.*Permission denied/)
})

test("without --cap the process's own bounding set decides", async t => {
  const command = ['sh', '-c', 'grep CapBnd /proc/self/status; chroot / true; true']
  const { stdout, stderr } = await run('--profile', DOCKER, '--', ...command)
  const held = (BigInt(`0x${/[0-9a-f]{16}/.exec(stdout)?.[0] ?? ''}`) >> 18n) & 1n
  t.is(forbidden(stderr), held === 1n ? undefined : 'chroot (1x)')
})

test('an errno that Podman takes by name is what the caller gets', async t => {
  const file = join(folder(t), 'podman.json')
  const rule = { names: ['chroot'], action: 'SCMP_ACT_ERRNO', errno: 'EXDEV' }
  writeFileSync(file, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule] }))
  const { stderr } = await run('--profile', file, '--', 'sh', '-c', 'chroot / true; true')
  t.regex(stderr, /chroot.*cross-device/i)
  t.is(forbidden(stderr), 'chroot (1x)')
})

test('runtime-default lets a program run, and denies what its capabilities do not bring', async t => {
  const without = await run('--profile', 'runtime-default', '--cap', '', '--', 'sh', '-c', 'chroot / true; echo ran')
  t.deepEqual([without.code, without.stdout], [0, 'ran\n'])
  t.is(forbidden(without.stderr), 'chroot (1x)')
  const held = await run('--profile', 'runtime-default', '--cap', 'sys_chroot', '--', 'sh', '-c', 'chroot / true; true')
  t.is(forbidden(held.stderr), undefined)
})

test('a capability that Linux does not have is refused, and nothing is run', async t => {
  const { code, stdout, stderr } = await run('--profile', DOCKER, '--cap', 'SYS_CHROT', '--', 'echo', 'ran')
  t.is(code, 125)
  t.is(stdout, '')
  t.regex(stderr, /"SYS_CHROT" is no capability; did you mean CAP_SYS_CHROOT/)
})

test('capabilities without a profile are refused', async t => {
  const { code, stderr } = await run('--deny', 'chroot', '--cap', 'SYS_ADMIN', '--', 'true')
  t.is(code, 125)
  t.regex(stderr, /--cap .*--profile/)
})
