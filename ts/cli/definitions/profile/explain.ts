import { Option, type Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { capabilities, json, PROFILE_FILE } from '../../options.ts'
import type { Outcome } from '../../program.ts'

export function defineExplain(group: Command, outcome: Outcome): void {
  const command = group
    .command('explain')
    .description('Tell what a profile does to a call and why, or to all calls.')
    .argument('<file>', PROFILE_FILE)
    .argument('[call]', 'a name, or syscall_600 for a number; without one, all calls')
    .argument('[args...]', 'arguments as strace prints them; _ or a missing one is any value')
    .option('--arch <abi>', 'only this one: x86_64, i386, x32, aarch64 or arm')
    .addOption(capabilities())
    .option('--kernel <version>', "take the profile's rules for this one, such as 5.10 (default: the running one)")
    .addOption(
      new Option('--runtime <runtime>', 'who loads it: runc answers what is newer than the profile itself').choices([
        'runc',
        'crun',
      ]),
    )
    .addOption(json('text'))
    .action(async (file, call, args, flags) =>
      outcome(await (await import('../../commands/profile/explain.ts')).explain(file, call, args, flags)),
    )
  addExamples(command, [
    { does: 'which rule decides, and on which line', typed: 'seccomp-notifyd profile explain profile.json chroot' },
    {
      does: 'for these arguments, in a container without capabilities',
      typed: "seccomp-notifyd profile explain profile.json --cap '' clone 0x10000000",
    },
    {
      does: 'the names of all calls that are denied whatever their arguments are',
      typed: `seccomp-notifyd profile explain profile.json --json | jq '.abis[0].verdicts[] | select(.verdict != "allow")'`,
    },
  ])
}
