import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { daemonOptions } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'

const DESCRIPTION = `Forget a recording, and remove its file.

Containers that run and are recorded under the name go on being recorded: then only the runs that have ended are forgotten.`

export function defineDelete(group: Command, outcome: Outcome): void {
  const command = group
    .command('delete')
    .summary('Forget a recording, and remove its file.')
    .description(reflow(DESCRIPTION))
    .argument('<name>', 'of the annotation seccomp-notifyd.io/record')
  for (const option of daemonOptions()) command.addOption(option)
  command.action(async (name, flags) =>
    outcome(await (await import('../../commands/recording/delete.ts')).remove(name, flags)),
  )
  addExamples(command, [
    { does: 'begin again after a change of the program', typed: 'seccomp-notifyd recording delete web' },
  ])
}
