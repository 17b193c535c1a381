import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { daemonOptions, json } from '../options.ts'
import type { Outcome } from '../program.ts'

export function defineDescribe(program: Command, outcome: Outcome): void {
  const command = program
    .command('describe')
    .description('Show one container: its state, reason, message, and calls.')
    .argument('<id>', "name, the runtime's id or its first characters (4 or more), or a key of ps")
  for (const option of [...daemonOptions(), json('text')]) command.addOption(option)
  command.action(async (id, flags) => outcome(await (await import('../commands/describe.ts')).describe(id, flags)))
  addExamples(command, [{ does: 'why a container ended', typed: 'seccomp-notifyd describe 4f2a' }])
}
