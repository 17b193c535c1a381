import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { capabilities, PROFILE_FILE } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'

const DESCRIPTION = `Make one profile that allows what any of several allows, and denies what all deny.

It is written in the format of the first, whose unknown fields and order stay. The programs of all are compared with that of
the result, also for containers without capabilities and with all of them where rules ask for some. What has no union that
rules can say is refused, with the call: other default denials, two errnos for one call, other architectures. A rule that
denies wins over a default that does.`

export function defineMerge(group: Command, outcome: Outcome): void {
  const command = group
    .command('merge')
    .summary('Make one profile that allows what any of several allows.')
    .description(reflow(DESCRIPTION))
    .argument('<file>', PROFILE_FILE)
    .argument('<others...>', 'the other profiles, likewise; only one of all can be stdin')
    .option('--arch <machine>', 'checked for x86_64 or aarch64 (default: this one)')
    .addOption(capabilities())
    .option('--kernel <version>', "take the profiles' rules for this one, such as 5.10 (default: the running one)")
    .option('-o, --output <file>', 'write the profile there, and not to stdout')
    .action(async (file, others, flags) =>
      outcome(await (await import('../../commands/profile/merge.ts')).merge([file, ...others], flags)),
    )
  addExamples(command, [
    {
      does: 'what was recorded in several runs',
      typed: 'seccomp-notifyd profile merge monday.json tuesday.json -o week.json',
    },
    {
      does: "Docker's profile and what one program needs beyond it",
      typed: 'seccomp-notifyd profile merge default.json needs.json -o mine.json',
    },
  ])
}
