import { Option, type Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { capabilities, json, PROFILE_FILE } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'

const DESCRIPTION = `Tell for which calls two profiles have different verdicts.

Both are resolved for the same host and container and compiled, and the programs are compared: neither the format nor the
order of rules counts. One line for each call and pair of verdicts, with the arguments for which they differ. Ends as diff(1)
does: with 0 where all calls agree, with 1 where some do not, with 2 for trouble.

runc answers calls whose number is above all that a profile names with ENOSYS, before the profile is asked; --runtime runc counts
that as its verdict.`

export function defineDiff(group: Command, outcome: Outcome): void {
  const command = group
    .command('diff')
    .summary('Tell for which calls two profiles have different verdicts.')
    .description(reflow(DESCRIPTION))
    .argument('<before>', PROFILE_FILE)
    .argument('<after>', 'the other profile, likewise; only one of them can be stdin')
    .option('--arch <machine>', 'for x86_64 or aarch64 (default: this one)')
    .addOption(capabilities())
    .option('--kernel <version>', "take the profiles' rules for this one, such as 5.10 (default: the running one)")
    .addOption(
      new Option('--runtime <runtime>', 'who loads them: runc answers what is newer than a profile itself').choices([
        'runc',
        'crun',
      ]),
    )
    .addOption(json('a table'))
    .action(async (before, after, flags) =>
      outcome(await (await import('../../commands/profile/diff.ts')).diff(before, after, flags)),
    )
  addExamples(command, [
    { does: 'what a new version of a profile changes', typed: 'seccomp-notifyd profile diff old.json new.json' },
    {
      does: "what a container may do beyond Docker's default with one more capability's rules",
      typed: 'seccomp-notifyd profile diff default.json mine.json --cap sys_admin,chown,kill',
    },
    {
      does: 'in continuous integration: fails when a profile allows something that it did not allow before',
      typed: `seccomp-notifyd profile diff old.json new.json --json | jq -e '[.abis[].changes[] | select(.after == "allow")] == []'`,
    },
  ])
}
