import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { daemonOptions, json } from '../../options.ts'
import type { Outcome } from '../../program.ts'

export function defineList(group: Command, outcome: Outcome): void {
  const command = group
    .command('list')
    .description('List the recordings of a daemon, and what the last run of each was the first to call.')
  for (const option of [...daemonOptions(), json('a table')]) command.addOption(option)
  command.action(async flags => outcome(await (await import('../../commands/recording/list.ts')).list(flags)))
  addExamples(command, [
    {
      does: 'those whose last run showed nothing new',
      typed: `seccomp-notifyd recording list --json | jq -r '.recordings[] | select(.runs > 1 and .added == []).name'`,
    },
  ])
}
