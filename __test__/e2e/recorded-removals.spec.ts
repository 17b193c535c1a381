/** A recorded profile without any one of its calls: `verify` fails, and names exactly that call. */

import test from 'ava'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadNative } from '../../ts/native.ts'
import { verify, type Verification } from '../../ts/verify.ts'
import { cli } from '../helpers/cli.ts'
import type { Profile } from '../helpers/containers.ts'
import { folderOf } from '../helpers/folder.ts'

/**
 * Both execute other programs, so that execve is theirs too: the execution of the command itself is not counted as its own. Neither
 * waits for a time or a thread, so that each run calls the same. And bash lets calls be restarted that the end of a child
 * interrupts, which dash does not: a call may fail with EINTR then, until we have received it.
 */
const SHELL = [
  '/usr/bin/bash',
  '-c',
  'cd /; (exit 3) || test $? = 3; seq 3 | sort -r | tail -n 1 >/dev/null; test -d /tmp && mktemp -u >/dev/null; exit 0',
]
const PYTHON = [
  '/usr/bin/python3',
  '-c',
  `import json, os, socket, subprocess, tempfile
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, 'numbers'), 'w') as file:
        json.dump([1, 2], file)
one, other = socket.socketpair()
one.send(b'text')
assert other.recv(9) == b'text'
subprocess.run(['/usr/bin/true'], check=True)`,
]
const DENIED = 121

for (const [title, words] of [
  ['a script', SHELL],
  ['a program in python', PYTHON],
] as const) {
  test.serial(`without any one of its calls verify does not pass, and names that call: ${title}`, async t => {
    t.timeout(240_000)
    const native = loadNative()
    const [command = '', ...args] = words
    const verdictOf = async (profile: string) => {
      const { passed, ...found } = await (await verify({ command, args, profile }, { native })).finished
      return { passed, denied: namesIn(found) }
    }
    const profile = await recorded(join(folderOf(t), 'p.json'), words)
    t.deepEqual(await verdictOf(JSON.stringify(profile)), { passed: true, denied: [] })
    // Allowed since handlers are made, whether one ran or not.
    const names = namesOf(profile).filter(name => name !== 'rt_sigreturn')
    t.true(names.length > 30, names.join(' '))
    for (const name of names)
      t.deepEqual(await verdictOf(without(profile, name)), { passed: false, denied: [name] }, name)
  })
}

test.serial('the command line then ends with 121, and its JSON names the call', async t => {
  const file = join(folderOf(t), 'p.json')
  const profile = await recorded(file, SHELL)
  for (const name of ['execve', 'wait4', 'rt_sigreturn']) {
    writeFileSync(file, without(profile, name))
    const options = ['--profile', file, '--format', 'json', '--output', `${file}.verdict`]
    const { code } = await cli(['verify', ...options, '--', ...SHELL])
    const denied = namesIn(JSON.parse(readFileSync(`${file}.verdict`, 'utf8')) as Verification)
    t.deepEqual({ code, denied }, { code: DENIED, denied: [name] })
  }
})

async function recorded(file: string, words: readonly string[]): Promise<Profile> {
  const { code, stderr } = await cli(['record', '-o', file, '--', ...words])
  if (code !== 0) throw new Error(`record ended with ${code}: ${stderr}`)
  return JSON.parse(readFileSync(file, 'utf8')) as Profile
}

/** One that lets only certain values run has a rule for each. */
function namesOf({ syscalls }: Profile): string[] {
  return [...new Set(syscalls.flatMap(({ names }) => names))]
}

function namesIn({ denied }: Pick<Verification, 'denied'>): string[] {
  return denied.map(({ syscall }) => syscall)
}

function without(profile: Profile, name: string): string {
  const rules = profile.syscalls.map(rule => ({ ...rule, names: rule.names.filter(other => other !== name) }))
  return JSON.stringify({ ...profile, syscalls: rules.filter(({ names }) => names.length > 0) })
}
