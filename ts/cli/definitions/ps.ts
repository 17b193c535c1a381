import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { daemonOptions, json } from '../options.ts'
import type { Outcome } from '../program.ts'

export function definePs(program: Command, outcome: Outcome): void {
  const command = program.command('ps').description('List the containers that a daemon knows.')
  for (const option of [...daemonOptions(), json('a table')]) command.addOption(option)
  command.action(async flags => outcome(await (await import('../commands/ps.ts')).ps(flags)))
  addExamples(command, [
    {
      does: 'names of those that were stopped',
      typed: `seccomp-notifyd ps --json | jq -r '.containers[] | select(.state == "stopped").name'`,
    },
  ])
}
