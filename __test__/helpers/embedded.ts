/** `seccomp-notifyd run` as its users start it, in a process of its own. */

import test, { type ExecutionContext } from 'ava'
import type { RunReport } from '../../ts/run.ts'
import { start, type Finished, type Running, type StartOptions } from './child.ts'
import { CLI } from './daemon-process.ts'
import { recordExercise } from './needs.ts'

/** A test of embedded mode, for the matrix of what was exercised. One after the other: each starts Node, most of its time. */
export function check(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test.serial(title, async t => {
    t.timeout(170_000)
    t.teardown(() => recordExercise({ part: 'embedded', title, outcome: t.passed ? 'pass' : 'fail' }))
    await body(t)
  })
}

/** Signals come from the test alone. */
const OWN: StartOptions = { ownSession: true }

/** Words of a command line, for where something else starts us. */
export const RUN = [process.execPath, CLI, 'run']

export function startRun(args: string[], options: StartOptions = {}): Running {
  return start(process.execPath, [CLI, 'run', ...args], { ...OWN, ...options })
}

export function run(...args: string[]): Promise<Finished> {
  return startRun(args).finished
}

/** The report that `--json` puts on the last line of standard error. */
export function reportOf({ stderr }: Finished): RunReport {
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as RunReport
}

/** The same, run by a shell that redirects. */
export function shell(script: string, options: StartOptions = {}): Running {
  const env = { ...process.env, RUN: RUN.join(' ') }
  return start('bash', ['-o', 'pipefail', '-c', script], { ...OWN, env, ...options })
}
