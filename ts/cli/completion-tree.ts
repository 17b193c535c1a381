/** PURE: what can be typed where, read off commander's definitions. */

import type { Command, Option } from 'commander'

export interface Place {
  /** `/profile/check`; empty at the root. */
  path: string
  /** Commands below it. */
  commands: { name: string; text: string }[]
  /** What an argument may be, where only some words are accepted. */
  words: string[]
  options: Flag[]
}

export interface Flag {
  /** `--action` */
  name: string
  text: string
  /** `nothing` behind it, some words, a file, or anything else. */
  value: 'nothing' | 'file' | 'other' | string[]
}

export function placesOf(command: Command, path = ''): Place[] {
  const help = command.createHelp()
  const below = help.visibleCommands(command)
  const place: Place = {
    path,
    commands: below.map(each => ({ name: each.name(), text: each.summary() || each.description() })),
    words: command.registeredArguments.flatMap(argument => argument.argChoices ?? []),
    options: help.visibleOptions(command).flatMap(flagOf),
  }
  // The command `help` is made up by commander, and has nothing below it.
  const own = below.filter(each => command.commands.includes(each))
  return [place, ...own.flatMap(each => placesOf(each, `${path}/${each.name()}`))]
}

function flagOf(option: Option): Flag[] {
  const { long, description: text } = option
  return long === undefined || long === null ? [] : [{ name: long, text, value: valueOf(option) }]
}

function valueOf({ required, optional, argChoices, flags }: Option): Flag['value'] {
  if (!required && !optional) return 'nothing'
  if (argChoices !== undefined) return argChoices
  return /<(?:file|path|folder)>/.test(flags) ? 'file' : 'other'
}
