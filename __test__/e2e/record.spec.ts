/** `record`: what was recorded is what is needed, no less and no more. */

import test from 'ava'
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { record, recordedProfile, type RecordedCall } from '../../ts/record.ts'
import { run } from '../../ts/run.ts'
import { verify } from '../../ts/verify.ts'
import { start, until } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { findCommand } from '../helpers/needs.ts'

interface Profile {
  architectures: string[]
  syscalls: { names: string[]; args?: { value: number; valueTwo?: number; op: string }[] }[]
}

const namesOf = ({ syscalls }: Profile) => syscalls.flatMap(({ names }) => names)
const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Profile
const command = (words: string[]) => ({ command: words[0] ?? '', args: words.slice(1) })

async function seen(...words: string[]) {
  const recorded = await (await record(command(words))).finished
  const { json, ...gaps } = await recordedProfile(recorded.calls)
  return { ...recorded, ...gaps, json, profile: JSON.parse(json) as Profile }
}

/** What the same command is denied under the profile. */
async function deniedBy(profile: string, ...words: string[]) {
  const { exitCode, calls } = await (await run({ ...command(words), profile })).finished
  return { exitCode, denied: calls.filter(({ verdict }) => verdict !== 'allow').map(({ syscall }) => syscall) }
}

const BUSYBOX = 'd=$(mktemp -d); echo x > $d/a; sort $d/a | uniq -c > $d/b; cat $d/b; rm -r $d; exit 4'
const PYTHON = `import socket, threading, subprocess
socket.create_server(('127.0.0.1', 0)).close()
threading.Thread(target=lambda: None).start()
subprocess.run(['true'])`

for (const [title, words, exitCode] of [
  ['a script of busybox', ['busybox', 'sh', '-c', BUSYBOX], 4],
  ['a static program with threads and descendants', [guest('calls-in-many-places'), 'quiet'], 3],
  ['a program of three ABIs', [guest('calls-by-abi')], 0],
  ['python with a socket, a thread and a child', ['python3', '-c', PYTHON], 0],
  // From some of bash's handlers it jumps: whether they return depends on what it waits for then.
  ['a handler that returns', ['bash', '-c', 'trap : USR1; kill -USR1 $$; exit 5'], 5],
] as const) {
  test(`the profile lets the same run pass: ${title}`, async t => {
    const recorded = await seen(...words)
    t.is(recorded.exitCode, exitCode)
    t.true(recorded.complete)
    t.deepEqual(await deniedBy(recorded.json, ...words), { exitCode, denied: [] })
  })
}

/** Its engine's threads spin and sleep as it happens, so that one run is not the next. */
test('several runs make a profile for node with a worker and a child', async t => {
  const script = `const { Worker } = require('worker_threads')
new Worker('0', { eval: true }).on('exit', () => process.exit(require('child_process').spawnSync('true').status + 6))`
  const file = join(folderOf(t), 'p.json')
  const once = () => cli(['record', '--append', '-o', file, '--', process.execPath, '-e', script])
  for (let round = 0; round < 6; round++) t.is((await once()).code, 6)
  const { exitCode } = await deniedBy(readFileSync(file, 'utf8'), process.execPath, '-e', script)
  t.is(exitCode, 6)
})

test('without any one of the calls verify names exactly that', async t => {
  const words = [guest('calls-in-many-places'), 'quiet'] as const
  const { json, profile } = await seen(...words)
  // Allowed since handlers are made, whether one ran or not.
  const names = namesOf(profile).filter(name => name !== 'rt_sigreturn')
  t.true(names.length > 20, json)
  for (const name of names) {
    const rules = profile.syscalls.map(rule => ({ ...rule, names: rule.names.filter(other => other !== name) }))
    const syscalls = rules.filter(rule => rule.names.length > 0)
    const running = await verify({ ...command([...words]), profile: JSON.stringify({ ...profile, syscalls }) })
    const { denied, exitCode } = await running.finished
    // The call by which the command is executed is not its own.
    const expected = name === 'execve' ? [] : [name]
    t.deepEqual([exitCode, [...new Set(denied.map(({ syscall }) => syscall))]], [3, expected], name)
  }
})

test('a program is seen to make the calls that it makes, in all of its places, and no other', async t => {
  const made = (await seen(guest('calls-in-many-places'), 'quiet')).calls
  const without = (await seen(guest('calls-number'), '39')).calls
  const count = (calls: RecordedCall[], name: string) => calls.find(({ syscall }) => syscall === name)?.count
  for (const [index, name] of [
    [0, 'sched_yield'],
    [5, 'getegid'],
    [6, 'getppid'],
    [11, 'geteuid'],
  ] as const) {
    t.is(count(made, name), index + 1, name)
    t.is(count(without, name), undefined, name)
  }
})

const STRACED = [
  ['threads and descendants', [guest('calls-in-many-places'), 'quiet']],
  ['a script of busybox', ['busybox', 'sh', '-c', BUSYBOX]],
] as const

const traced = findCommand('strace') === undefined ? test.skip : test
for (const [title, words] of STRACED) {
  traced(`the calls are those that strace sees (strace is needed): ${title}`, async t => {
    const file = join(folderOf(t), 'calls')
    await start('strace', ['-f', '-o', file, ...words]).finished
    // `4711 mkdir("/tmp/x", 0700) = 0`; a thread that is cut short comes again as `4711 <... wait4 resumed>`.
    const lines = readFileSync(file, 'utf8').matchAll(/^\d+ +([a-z0-9_]+)\(/gm)
    const expected = new Set([...lines].map(([, name = '']) => name))
    // It is let run unseen.
    expected.delete('rt_sigreturn')
    const { calls } = await seen(...words)
    t.deepEqual(calls.map(({ syscall }) => syscall).toSorted(), [...expected].toSorted())
  })
}

test('what was called so far is known while the command runs', async t => {
  const running = await record({ command: 'sh', args: ['-c', 'cd /; exec sleep 1000'] })
  t.teardown(() => running.stop())
  const called = (name: string) => running.calls().some(({ syscall }) => syscall === name)
  await until(() => called('chdir') && called('execve'), 5000)
  t.false(called('mkdir'))
  await running.stop()
  t.is((await running.finished).exitCode, 137)
})

test('values that decide are kept apart', async t => {
  const script = 'import socket; socket.socket(socket.AF_UNIX); socket.socket(socket.AF_INET)'
  const { profile, json } = await seen('python3', '-c', script)
  const families = profile.syscalls.filter(({ names }) => names.includes('socket')).flatMap(({ args }) => args ?? [])
  t.deepEqual(
    families.map(({ value, op }) => [value, op]),
    [
      [1, 'SCMP_CMP_EQ'],
      [2, 'SCMP_CMP_EQ'],
    ],
  )
  const other = ['python3', '-c', 'import socket; socket.socket(socket.AF_INET6)'] as const
  t.true((await deniedBy(json, ...other)).denied.includes('socket'))
})

if (process.arch === 'x64') {
  test('the architectures are those of the calls', async t => {
    t.deepEqual((await seen('true')).profile.architectures, ['SCMP_ARCH_X86_64'])
    const { profile } = await seen(guest('calls-by-abi'))
    t.deepEqual(profile.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
  })
}

test('a number without a name is told, and not written', async t => {
  const file = join(folderOf(t), 'p.json')
  const { code, stderr } = await cli(['record', '-o', file, '--', guest('calls-number'), '600'])
  t.is(code, 0)
  t.regex(stderr, /syscall_600 \(\w+\) has no name, so no profile can allow it/)
  t.true(namesOf(read(file)).every(name => /^[a-z0-9_]+$/.test(name) && !/^syscall_|unknown/.test(name)))
})

test('runs are appended, and one that adds nothing says so', async t => {
  const file = join(folderOf(t), 'p.json')
  const append = (number: string) => cli(['record', '--append', '-o', file, '--', guest('calls-number'), number])
  await append('24')
  const first = namesOf(read(file))
  t.true(first.includes('sched_yield') && !first.includes('getppid'))
  const second = await append('110')
  t.regex(second.stderr, /2 runs recorded; this one added getppid \(\w+\)\n/)
  t.deepEqual(namesOf(read(file)).toSorted(), [...first, 'getppid'].toSorted())
  const text = readFileSync(file, 'utf8')
  const third = await append('24')
  t.regex(third.stderr, /3 runs recorded; this one added nothing\n/)
  t.is(readFileSync(file, 'utf8'), text)
  const { calls } = JSON.parse(readFileSync(`${file}.record.json`, 'utf8')) as {
    calls: { syscall: string; runs: number }[]
  }
  const runs = (name: string) => calls.find(({ syscall }) => syscall === name)?.runs
  t.deepEqual([runs('sched_yield'), runs('getppid'), runs('execve')], [2, 1, 3])
})

test('a profile that was changed by hand is not undone, and nothing is run', async t => {
  const folder = folderOf(t)
  const file = join(folder, 'p.json')
  const touch = ['--', 'touch', join(folder, 'ran')]
  await cli(['record', '-o', file, '--', 'true'])
  appendFileSync(file, '\n')
  const changed = await cli(['record', '--append', '-o', file, ...touch])
  t.is(changed.code, 125)
  t.regex(changed.stderr, /p\.json is not what its record .*p\.json\.record\.json makes/)
  rmSync(`${file}.record.json`)
  const lost = await cli(['record', '--append', '-o', file, ...touch])
  t.is(lost.code, 125)
  t.regex(lost.stderr, /could not read .*p\.json\.record\.json/)
  t.false(existsSync(join(folder, 'ran')))
  t.is((await cli(['record', '-o', file, ...touch])).code, 0)
})

test('an engine stands for the runtimes that it uses', async t => {
  const folder = folderOf(t)
  const made = async (name: string) => {
    const file = join(folder, `${name}.json`)
    t.is((await cli(['record', '-o', file, '--for', name, '--', 'busybox', 'true'])).code, 0)
    return namesOf(read(file))
  }
  const [runc, crun] = [await made('runc'), await made('crun')]
  t.true(runc.includes('faccessat2') && !crun.includes('faccessat2'))
  t.deepEqual(await made('docker'), runc)
  t.deepEqual(await made('containerd,docker'), runc)
  t.deepEqual(await made('podman'), [...new Set([...runc, ...crun])].toSorted())
})

/** It ends by itself, or when it is told to. */
const PATIENT = `import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
for turn in range(int(sys.argv[1])):
    time.sleep(0.1)`

test('what is recorded for a container lets it be paused and stopped, though no run of it was', async t => {
  const words = (turns: number) => ['/usr/bin/python3', '-c', PATIENT, String(turns)]
  const { calls } = await (await record(command(words(1)))).finished
  const { json } = await recordedProfile(calls, { runtimes: ['crun'] })
  const running = await run({ ...command(words(100_000)), profile: json })
  t.teardown(() => running.stop())
  await until(() => catches(running.pid, 15), 10_000)
  const isIn = (state: string) => readFileSync(`/proc/${running.pid}/stat`, 'utf8').includes(` (python3) ${state} `)
  for (let pause = 0; pause < 3; pause++) {
    await until(() => isIn('S'), 10_000)
    running.signal('SIGSTOP')
    await until(() => isIn('T'), 10_000)
    running.signal('SIGCONT')
  }
  await until(() => isIn('S'), 10_000)
  running.signal('SIGTERM')
  t.is((await running.finished).exitCode, 5)
})

/** SigCgt of proc_pid_status(5). */
function catches(pid: number, signal: number): boolean {
  const [, caught = '0'] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n
}

test('the command keeps its code, and a wrong command line has 125', async t => {
  const file = join(folderOf(t), 'p.json')
  const failed = await cli(['record', '-o', file, '--', 'sh', '-c', 'exit 7'])
  t.is(failed.code, 7)
  t.regex(failed.stderr, /ended with 7; what it called until then is recorded/)
  writeFileSync(file, '')
  for (const args of [
    ['--', 'true'],
    ['-o', file, '--for', 'docker,runsc', '--', 'true'],
    ['-o', file],
  ]) {
    t.is((await cli(['record', ...args])).code, 125)
  }
  t.is((await cli(['record', '-o', file, '--', 'no-such-command-anywhere'])).code, 127)
  t.is(readFileSync(file, 'utf8'), '', 'nothing was recorded')
})
