/** The one table of exit codes. The help of `run` and docs/cli.md are made from it. */

import { NotifydError } from '../errors.ts'

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  listenerBusy: 120,
  notSupervised: 125,
  notExecutable: 126,
  notFound: 127,
} as const

export interface ExitCode {
  /** A number, or how it is reckoned. */
  code: string
  meaning: string
}

export const COMMON_EXIT_CODES: readonly ExitCode[] = [
  { code: `${EXIT.ok}`, meaning: 'Done.' },
  {
    code: `${EXIT.failure}`,
    meaning:
      'It could not be done, `profile diff` found a difference, or `doctor` something without which nothing is supervised.',
  },
  { code: `${EXIT.usage}`, meaning: 'The command line is wrong, or `profile diff` could not compare.' },
]

/**
 * `run` ends with its command's own code, and 1 and 2 are codes that commands use. So whatever goes wrong with `run`
 * itself, a wrong command line included, has a code that is rare among commands: those of docker run, env and timeout.
 */
export const RUN_EXIT_CODES: readonly ExitCode[] = [
  {
    code: `${EXIT.listenerBusy}`,
    meaning: 'Another seccomp listener is active in this process tree. Nothing was run.',
  },
  {
    code: `${EXIT.notSupervised}`,
    meaning:
      '`run` itself failed: a wrong command line, a bad profile, no filter. Nothing was run, or the message says so.',
  },
  { code: `${EXIT.notExecutable}`, meaning: 'The command was found and cannot be executed.' },
  { code: `${EXIT.notFound}`, meaning: 'The command was not found.' },
  { code: '137', meaning: 'The command was stopped for its forbidden calls, or killed by SIGKILL (128 + 9).' },
  { code: '128 + n', meaning: 'The command was ended by signal n.' },
  { code: 'any other', meaning: "The command's own." },
]

const OF_RUN: Record<string, number> = {
  ERR_LISTENER_BUSY: EXIT.listenerBusy,
  ERR_COMMAND_NOT_FOUND: EXIT.notFound,
  ERR_EXEC: EXIT.notExecutable,
}

/** The code of a command that failed; `command` is the first word of the command line. */
export function exitCodeOf(error: unknown, command: string | undefined): number {
  // Errors of the addon carry a code as ours do.
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (command === 'run') return OF_RUN[code] ?? EXIT.notSupervised
  return error instanceof NotifydError && code === 'ERR_USAGE' ? EXIT.usage : EXIT.failure
}
