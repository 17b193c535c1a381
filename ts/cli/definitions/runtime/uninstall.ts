import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { json } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'
import { engines, folder } from '../../runtime-options.ts'

const DESCRIPTION = `Take the runtime shim out of the configurations of engines, and remove it.

A file that nobody has changed since becomes what it was, byte for byte; in any other our entries are taken out. The executable is
not removed while a container refers to it, running or not, nor where that cannot be told: then nothing is changed.`

export function defineUninstall(group: Command, outcome: Outcome): void {
  const command = group
    .command('uninstall')
    .summary('Undo what `runtime install` did.')
    .description(reflow(DESCRIPTION))
    .addOption(engines('take it out of these; the executable goes with the last one'))
    .addOption(folder('where it is installed'))
    .option('--keep-executable', 'leave it there for containers that refer to it')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only show what would be changed')
    .addOption(json('text'))
    .action(async flags => outcome(await (await import('../../commands/runtime/uninstall.ts')).uninstall(flags)))
  addExamples(command, [
    {
      does: 'while containers that were made with it are still there',
      typed: 'seccomp-notifyd runtime uninstall --keep-executable',
    },
  ])
}
