/** What commander says of a wrong command line, in our words: what is wrong, what is accepted, what was meant. */

import type { Command, CommanderError } from 'commander'
import { NotifydError } from '../errors.ts'

/** `command` is the one whose part of the command line is wrong. */
export function toUsageError(command: Command, error: CommanderError): NotifydError {
  const [what, meant] = split(error.code === 'commander.help' ? misnamed(command) : error.message)
  return new NotifydError(
    'ERR_USAGE',
    [what, accepted(command, error.code), meant].filter(text => text !== '').join('; '),
  )
}

/** Commander has shown the help, because the command to be called is missing, or the one to be explained is not there. */
function misnamed({ args }: Command): string {
  const name = args.at(-1)
  return name === undefined ? 'a command is missing' : `unknown command '${name}'`
}

/** `error: unknown option '--jso'\n(Did you mean --json?)` */
function split(message: string): [what: string, meant: string] {
  const [what = '', suggestion = ''] = message.replace(/^error: /, '').split('\n')
  const meant = suggestion.replace(/^\(D(.*)\)$/, 'd$1')
  const sentence = what
    .replace(/\.$/, '')
    .replace('. Expected', ': expected')
    .replace(/ is invalid( for argument '[^']*')?\. /, ' is invalid$1; ')
  return [sentence, meant]
}

function accepted(command: Command, code: string): string {
  switch (code) {
    case 'commander.unknownOption':
      return list(
        command
          .createHelp()
          .visibleOptions(command)
          .map(option => option.long),
      )
    case 'commander.unknownCommand':
    case 'commander.help':
      return list(command.commands.map(each => each.name()))
    case 'commander.missingArgument':
    case 'commander.excessArguments':
      return list([`${nameOf(command)} ${command.usage()}`])
    default:
      return ''
  }
}

function list(names: readonly (string | undefined)[]): string {
  return `accepted: ${names.join(', ')}`
}

/** `seccomp-notifyd run` */
export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`
}

/** What the addon refused of the command line's values, such as a name that is no call, is a wrong command line too. */
export async function refusedAsUsage<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof NotifydError) || error.code !== 'ERR_INVALID_ARGUMENT') throw error
    throw new NotifydError('ERR_USAGE', error.message, { cause: error.cause })
  }
}

/** For commands that end as diff(1) does, where 1 has a meaning of its own: whatever went wrong ends with 2. */
export async function refusedAsTrouble<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof NotifydError)) throw error
    throw new NotifydError('ERR_USAGE', error.message, { cause: error.cause })
  }
}
