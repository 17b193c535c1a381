/** Signals, terminals and job control under `seccomp-notifyd run`. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { endProcess, start, until, type Running } from '../helpers/child.ts'
import { processesWith } from '../helpers/containers.ts'
import { check, RUN, shell, startRun } from '../helpers/embedded.ts'
import { folderOf } from '../helpers/folder.ts'
import { projectRoot } from '../helpers/project.ts'

const LATE_LAUNCH = join(projectRoot, '__test__/fixtures/late-launch.mjs')
const CTRL_C = '\x03'
const CTRL_Z = '\x1a'
const CTRL_D = '\x04'
/** What a listener prints, which is no part of the command line that a terminal echoes. */
const READY = 'ready 42'
let marks = 0

/**
 * Prints the name of each signal, ends with code 9 on TERM, and has a mark in its command line to be found by. It waits for
 * a process that is there from the start: a shell that starts one after the other is hard to stop in between (vfork(2)).
 */
function listener(names: string[]): { script: string; mark: string } {
  const mark = `mark-${process.pid}-${marks++}`
  const traps = names.map(name => `trap 'echo got ${name}' ${name};`).join(' ')
  const end = `trap 'kill -KILL $waited; exit 9' TERM`
  return {
    mark,
    script: `: ${mark}; sleep 1000 & waited=$!; ${traps} ${end}; echo ready $((6 * 7)); while :; do wait; done`,
  }
}

/** State of a process: S sleeping, T stopped; see proc_pid_stat(5). */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? ''
}

function shellOf(mark: string): number {
  const [pid] = processesWith(`: ${mark};`).filter(each => readFileSync(`/proc/${each}/comm`, 'utf8') === 'sh\n')
  if (pid === undefined) throw new Error(`no shell has ${mark} in its command line`)
  return pid
}

/** As often as it was printed. */
function times({ stdout }: Running, text: string): number {
  return stdout().split(text).length - 1
}

check('each signal reaches the command, once', async t => {
  const names = ['INT', 'HUP', 'QUIT', 'USR1', 'USR2', 'WINCH', 'CONT']
  const running = startRun(['--deny', 'chroot', '--', 'sh', '-c', listener(names).script])
  await running.printed(READY)
  for (const name of names) {
    running.process.kill(`SIG${name}` as NodeJS.Signals)
    await running.printed(`got ${name}\n`)
  }
  running.process.kill('SIGTERM')
  t.is((await running.finished).code, 9)
  for (const name of names) t.is(times(running, `got ${name}\n`), 1, name)
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  check(`a command that ${signal} ends says so in the exit code, and calls before it are told`, async t => {
    const running = startRun(['--deny', 'chroot', '--', 'sh', '-c', 'chroot / true; echo ready; exec sleep 1000'])
    await running.printed('ready')
    running.process.kill(signal)
    const finished = await running.finished
    t.is(finished.code, code)
    t.regex(finished.stderr, /Used forbidden syscalls: chroot \(1x\)/)
  })
}

check('a signal that comes as soon as the command runs is not lost', async t => {
  const command = `trap 'exit 5' INT; kill -INT $US; while :; do sleep 0.05; done`
  const script = 'for try in 1 2 3 4 5; do (US=$BASHPID exec $RUN --deny chroot -- sh -c "$COMMAND"); echo $?; done'
  const env = { ...process.env, RUN: RUN.join(' '), COMMAND: command }
  t.is((await shell(script, { env }).finished).stdout, '5\n'.repeat(5))
})

check('a stopped command is continued, and so are its answers', async t => {
  const { script, mark } = listener(['USR1'])
  // SIGTSTP stops nobody in an orphaned process group (setpgid(2)), so the job needs a shell over it.
  const job = 'set -m; $RUN --deny chroot -- sh -c "$SCRIPT" & echo "pid $!"; wait -f $!'
  const running = shell(job, { env: { ...process.env, RUN: RUN.join(' '), SCRIPT: script } })
  await running.printed(READY)
  await running.printed(/pid \d+\n/)
  const supervisor = Number(/pid (\d+)/.exec(running.stdout())?.[1])
  const command = shellOf(mark)
  t.teardown(() => processesWith(mark).forEach(endProcess))
  process.kill(supervisor, 'SIGTSTP')
  await until(
    () => stateOf(supervisor) === 'T' && stateOf(command) === 'T',
    5000,
    () => 'both are to be stopped',
  )
  process.kill(supervisor, 'SIGCONT')
  await until(
    () => stateOf(supervisor) !== 'T' && stateOf(command) !== 'T',
    5000,
    () => 'both are to go on',
  )
  process.kill(supervisor, 'SIGUSR1')
  await running.printed('got USR1')
  process.kill(supervisor, 'SIGTERM')
  t.is((await running.finished).code, 9)
})

/** A command line on a terminal of its own; what is written to its input is typed there. */
function onTerminal(t: ExecutionContext, line: string): Running {
  // The shell that it is passed to gives way to it, and is the same whoever runs the tests.
  const words = ['--quiet', '--return', '--command', `exec ${line}`, '/dev/null']
  const running = start('script', words, {
    env: { ...process.env, SHELL: '/bin/sh' },
    input: 'pipe',
  })
  t.teardown(() => running.process.kill('SIGKILL'))
  return running
}

function quoted(words: string[]): string {
  return words.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
}

function typed(running: Running, text: string): void {
  running.process.stdin?.write(text)
}

/** Prints each INT, and ends with code 6 a second after the first, so that there is time for another. */
const INTERRUPTED = `trap 'echo got INT; kill -KILL $long' INT; sleep 1000 & long=$!`
const ENDS_LATER = `wait $long; sleep 1 & wait $!; exit 6`

check('the terminal stays the command’s: it reads, writes and is interrupted there, once', async t => {
  const script = `${INTERRUPTED}; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo ready >/dev/tty
    read -r line; echo "read $line"; ${ENDS_LATER}`
  const running = onTerminal(t, quoted([...RUN, '--deny', 'chroot', '--', 'sh', '-c', script]))
  await running.printed('ready')
  typed(running, 'a line\r')
  await running.printed('read a line')
  typed(running, CTRL_C)
  const { code } = await running.finished
  t.is(code, 6)
  t.is(times(running, 'got INT'), 1)
})

check('a terminal’s interrupt reaches a command once, also before we know that it runs', async t => {
  const told = join(folderOf(t), 'told')
  const line = ['env', `NODE_OPTIONS=--import=${LATE_LAUNCH}`, `TOLD=${told}`, ...RUN, '--deny', 'chroot', '--']
  const running = onTerminal(t, quoted([...line, 'sh', '-c', `${INTERRUPTED}; echo ready; ${ENDS_LATER}`]))
  await running.printed('ready')
  typed(running, CTRL_C)
  await running.printed('got INT')
  writeFileSync(told, '')
  t.is((await running.finished).code, 6)
  t.is(times(running, 'got INT'), 1)
})

check('a terminal’s interrupt reaches a command with piped input once', async t => {
  const script = `${INTERRUPTED}; echo ready; ${ENDS_LATER}`
  const running = onTerminal(
    t,
    `sh -c ${quoted([`true | ${quoted([...RUN, '--deny', 'chroot', '--', 'sh', '-c', script])}`])}`,
  )
  await running.printed('ready')
  typed(running, CTRL_C)
  await running.finished
  t.is(times(running, 'got INT'), 1)
})

check('a job is stopped and continued by the shell of its terminal', async t => {
  const { script, mark } = listener([])
  const running = onTerminal(t, 'bash --norc --noprofile -i')
  typed(running, `${quoted([...RUN, '--deny', 'chroot', '--', 'sh', '-c', script])}; echo "code $?"\r`)
  await running.printed(READY)
  typed(running, CTRL_Z)
  await running.printed(/Stopped/)
  await until(
    () => stateOf(shellOf(mark)) === 'T',
    5000,
    () => 'it is to be stopped',
  )
  typed(running, 'fg\r')
  await until(
    () => stateOf(shellOf(mark)) !== 'T',
    5000,
    () => 'it is to go on',
  )
  process.kill(shellOf(mark), 'SIGTERM')
  // The line that the shell stopped in is given up; the next one sees the code.
  typed(running, 'echo "after $?"\r')
  await running.printed(/^after 9/m)
  typed(running, CTRL_D)
  t.regex((await running.finished).stdout, /^after 9/m)
})
