/** The one table of exit codes. Help and docs/cli.md are made from it. */

import type { Command } from 'commander'
import { NotifydError } from '../errors.ts'

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  listenerBusy: 120,
  denied: 121,
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
 * `run`, `verify` and `record` end with their command's own code, and 1 and 2 are codes that commands use. So whatever goes
 * wrong with them, a wrong command line included, has a code that is rare among commands: those of docker run, env and timeout.
 */
const OF_COMMANDS: readonly ExitCode[] = [
  {
    code: `${EXIT.listenerBusy}`,
    meaning: 'Another seccomp listener is active in this process tree. Nothing was run.',
  },
  {
    code: `${EXIT.notSupervised}`,
    meaning:
      'Supervision itself failed: a wrong command line, a bad profile, no filter. Nothing was run, or the message says so.',
  },
  { code: `${EXIT.notExecutable}`, meaning: 'The command was found and cannot be executed.' },
  { code: `${EXIT.notFound}`, meaning: 'The command was not found.' },
]
const OWN: readonly ExitCode[] = [
  { code: '128 + n', meaning: 'The command was ended by signal n.' },
  { code: 'any other', meaning: "The command's own." },
]

export const RUN_EXIT_CODES: readonly ExitCode[] = [
  ...OF_COMMANDS,
  { code: '137', meaning: 'The command was stopped for its forbidden calls, or killed by SIGKILL (128 + 9).' },
  ...OWN,
]

/** What the command itself says goes first: of one that failed, no more than its beginning was verified. */
export const VERIFY_EXIT_CODES: readonly ExitCode[] = [
  { code: `${EXIT.ok}`, meaning: 'The command ended with 0, and called nothing that is denied and not accepted.' },
  ...OF_COMMANDS.slice(0, 1),
  {
    code: `${EXIT.denied}`,
    meaning: 'The command ended with 0, and made calls that the profile denies and the baseline does not accept.',
  },
  ...OF_COMMANDS.slice(1),
  ...OWN.map(({ code, meaning }) => ({ code, meaning: meaning.replace(/\.$/, ', whatever it called.') })),
]

export const RECORD_EXIT_CODES: readonly ExitCode[] = [...OF_COMMANDS, ...OWN]

const OF_ERRORS: Record<string, number> = {
  ERR_LISTENER_BUSY: EXIT.listenerBusy,
  ERR_COMMAND_NOT_FOUND: EXIT.notFound,
  ERR_EXEC: EXIT.notExecutable,
}
const WITH_COMMAND = ['run', 'verify', 'record']

/** The table of a command, below its help. */
export function addExitCodes(command: Command, codes: readonly ExitCode[]): void {
  const lines = codes.map(({ code, meaning }) => `  ${code.padEnd(9)}  ${meaning.replaceAll('`', '')}`)
  command.addHelpText('after', `\nExit codes:\n${lines.join('\n')}`)
}

/** The code of a command that failed; `command` is the first word of the command line. */
export function exitCodeOf(error: unknown, command: string | undefined): number {
  // Errors of the addon carry a code as ours do.
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (WITH_COMMAND.includes(command ?? '')) return OF_ERRORS[code] ?? EXIT.notSupervised
  return error instanceof NotifydError && code === 'ERR_USAGE' ? EXIT.usage : EXIT.failure
}
