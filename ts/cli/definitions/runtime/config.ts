import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { json } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'
import { configFiles, engines, folder, handlerName } from '../../runtime-options.ts'

const DESCRIPTION = `Print what registers the runtime shim with an engine, for a configuration that other tools write.

Of an engine whose configuration is on this host it is what that lacks. Nothing is changed.`

export function defineConfig(group: Command, outcome: Outcome): void {
  const command = group
    .command('config')
    .summary('Print what registers the runtime shim with an engine.')
    .description(reflow(DESCRIPTION))
    .addOption(engines('for these; all: each below a line with its file'))
    .addOption(handlerName())
    .addOption(folder('where the executable is'))
    .option('--default', 'for all containers, and not only for those that name it')
    .addOption(configFiles())
    .addOption(json('text'))
    .action(async flags => outcome(await (await import('../../commands/runtime/config.ts')).config(flags)))
  addExamples(command, [
    {
      does: 'let pods choose it',
      typed: 'seccomp-notifyd runtime config --engine kubernetes | kubectl apply -f -',
    },
  ])
}
