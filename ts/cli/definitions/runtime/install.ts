import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { json } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'
import { configFiles, engines, folder, handlerName } from '../../runtime-options.ts'

const DESCRIPTION = `Copy the runtime shim to a folder that stays, and register it with container engines.

What is changed in which file is shown, and asked about; without a terminal --yes is needed. Everything else in the files
stays as it is. Engines read them when they are told to: how is said. Done once more, it changes what is different, and nothing
else.`

export function defineInstall(group: Command, outcome: Outcome): void {
  const command = group
    .command('install')
    .summary('Register the runtime shim with container engines.')
    .description(reflow(DESCRIPTION))
    .addOption(engines('register it with these; all: with those that are installed'))
    .addOption(handlerName())
    .addOption(folder('where the executable goes; containers keep that path'))
    .option('--default', 'for all containers, and not only for those that name it')
    .addOption(configFiles())
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only show what would be changed')
    .addOption(json('text'))
    .action(async flags => outcome(await (await import('../../commands/runtime/install.ts')).install(flags)))
  addExamples(command, [
    { does: 'with every engine of this host', typed: 'seccomp-notifyd runtime install' },
    {
      does: 'for all containers of Docker, from a script',
      typed: 'seccomp-notifyd runtime install --engine docker --default --yes && systemctl reload docker',
    },
  ])
}
