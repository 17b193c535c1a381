/** A child process with its output at hand and a deadline: no test waits for ever, none leaves a process behind. */

import { spawn, type ChildProcess } from 'node:child_process'

export interface Finished {
  /** Exit code, or 128 + signal as a shell says it. */
  code: number
  stdout: string
  stderr: string
}

export interface Running {
  readonly pid: number
  readonly process: ChildProcess
  stdout(): string
  stderr(): string
  /** Settles when the process has ended; rejects when the deadline ended it. */
  readonly finished: Promise<Finished>
  /** Waits until the text appears in what was printed. */
  printed(text: string | RegExp, withinMs?: number): Promise<void>
}

export interface StartOptions {
  env?: NodeJS.ProcessEnv
  cwd?: string
  deadlineMs?: number
  input?: 'pipe' | 'ignore'
  /** In a session of its own, which the terminal that the tests may run on sends no signals to. */
  ownSession?: boolean
}

/** Less than what ava waits for a file that has nothing to tell. */
const DEADLINE_MS = 150_000

const SIGNALS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
}

export function start(command: string, args: string[], options: StartOptions = {}): Running {
  const { env = process.env, cwd, deadlineMs = DEADLINE_MS, input = 'ignore', ownSession = false } = options
  const child = spawn(command, args, { env, cwd, stdio: [input, 'pipe', 'pipe'], detached: ownSession })
  const output = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const finished = new Promise<Finished>((resolve, reject) => {
    const title = [command, ...args].join(' ')
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`still running after ${deadlineMs} ms: ${title}\n${output.stdout}${output.stderr}`))
    }, deadlineMs)
    child.once('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? 128 + (SIGNALS[signal ?? ''] ?? 0), ...output })
    })
  })
  // A test that has ended does not look at it any more.
  finished.catch(() => {})
  return {
    pid: child.pid ?? -1,
    process: child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    finished,
    printed: (text, withinMs = 10_000) =>
      until(
        () => matches(output.stdout + output.stderr, text),
        withinMs,
        () => {
          return `${String(text)} was not printed:\n${output.stdout}${output.stderr}`
        },
      ),
  }
}

function matches(output: string, text: string | RegExp): boolean {
  return typeof text === 'string' ? output.includes(text) : text.test(output)
}

/** A machine with much else to do; no test is about how quick one is. */
const SLOWEST = 6

/** Polls until the check holds, as it should within the time on an idle machine. */
export async function until(
  check: () => boolean | Promise<boolean>,
  withinMs: number,
  problem: () => string = () => 'it did not come true',
): Promise<void> {
  const end = Date.now() + withinMs * SLOWEST
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`after ${withinMs * SLOWEST} ms: ${problem()}`)
    await sleep(20)
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

/** Ends a process that may have ended by itself. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}
