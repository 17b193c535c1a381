import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { daemonOptions, json } from '../options.ts'
import type { Outcome } from '../program.ts'
import { reflow } from '../prose.ts'

const DESCRIPTION = `Stop a container: SIGKILL to its init and to whatever is left in its cgroups.

Waits until nothing of it is left, at most ten seconds, and prints its key. Its reason is then "stopped on request".`

export function defineStop(program: Command, outcome: Outcome): void {
  const command = program
    .command('stop')
    .summary('Stop a container.')
    .description(reflow(DESCRIPTION))
    .argument('<id>', "name, the runtime's id or its first characters (4 or more), or a key of ps")
  for (const option of [...daemonOptions(), json('its key')]) command.addOption(option)
  command.action(async (id, flags) => outcome(await (await import('../commands/stop.ts')).stop(id, flags)))
  addExamples(command, [{ does: 'stop one that ps shows', typed: 'seccomp-notifyd stop 4f2a' }])
}
