/**
 * The command line as commander knows it; docs/cli.md is generated from it. A definition loads its command only when
 * it is called, so that help and errors wait for nothing else.
 */

import { Command } from 'commander'
import { readVersion } from '../version.ts'
import { defineCompletion } from './definitions/completion.ts'
import { defineDescribe } from './definitions/describe.ts'
import { defineDoctor } from './definitions/doctor.ts'
import { defineEvents } from './definitions/events.ts'
import { defineProfile } from './definitions/profile.ts'
import { definePs } from './definitions/ps.ts'
import { defineRecord } from './definitions/record.ts'
import { defineRecording } from './definitions/recording.ts'
import { defineRun } from './definitions/run.ts'
import { defineRuntime } from './definitions/runtime.ts'
import { defineServe } from './definitions/serve.ts'
import { defineStop } from './definitions/stop.ts'
import { defineTop } from './definitions/top.ts'
import { defineVerify } from './definitions/verify.ts'
import { print, sayAsIs } from './output.ts'
import { toUsageError } from './usage-error.ts'

/** Takes the exit code of the command that was called. */
export type Outcome = (code: number) => void

const DEFINITIONS = [
  defineServe,
  defineRun,
  defineVerify,
  defineRecord,
  defineRecording,
  defineProfile,
  definePs,
  defineDescribe,
  defineEvents,
  defineTop,
  defineStop,
  defineRuntime,
  defineDoctor,
  defineCompletion,
]

export function createProgram(outcome: Outcome): Command {
  const program = new Command('seccomp-notifyd')
    .description('Makes every system call that a seccomp profile denies visible, and ends containers where asked.')
    .version(readVersion())
    // What is wrong is thrown, and said by whoever catches it.
    .configureOutput({ writeOut: print, writeErr: sayAsIs, outputError: () => {} })
    .enablePositionalOptions()
  for (const define of DEFINITIONS) define(program, outcome)
  throwUsageErrors(program)
  return program
}

function throwUsageErrors(command: Command): void {
  command.exitOverride(error => {
    throw error.exitCode === 0 ? error : toUsageError(command, error)
  })
  command.commands.forEach(throwUsageErrors)
}
