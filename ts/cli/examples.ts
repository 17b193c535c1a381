/** Examples of a command, for its help and for docs/cli.md. */

import type { Command } from 'commander'

export interface Example {
  /** What it does, in a few words. */
  does: string
  typed: string
}

const EXAMPLES = new WeakMap<Command, readonly Example[]>()

export function addExamples(command: Command, examples: readonly Example[]): void {
  EXAMPLES.set(command, examples)
  const lines = examples.map(({ does, typed }) => `  # ${does}\n  $ ${typed}`)
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}

export function examplesOf(command: Command): readonly Example[] {
  return EXAMPLES.get(command) ?? []
}
