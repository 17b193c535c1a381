import { Option, type Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { capabilities, PROFILE_FILE } from '../../options.ts'
import type { Outcome } from '../../program.ts'

export function defineTransform(group: Command, outcome: Outcome): void {
  const command = group
    .command('transform')
    .description('Rewrite a profile for runc or crun, so that the daemon hears of every call that it denies.')
    .argument('<file>', PROFILE_FILE)
    .addOption(new Option('--runtime <name>', 'who will load it').choices(['runc', 'crun']).makeOptionMandatory())
    .option('--listener <path>', "the daemon's socket (default: that of serve without a configuration)")
    .option('--arch <abi>', 'for a host of this one: x86_64 or aarch64 (default: this host)')
    .addOption(capabilities())
    .option('--kernel <version>', "take the profile's rules for this one, such as 5.10 (default: the running one)")
    .option(
      '--wait-killable',
      'set SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, so that signals do not repeat notifications: crun 1.6, Linux 5.19',
    )
    .option('-o, --output <file>', 'write the profile there, and not to stdout')
    .option('--report', 'print what will be seen and what will not; the profile only where --output says')
    .option('--json', 'the report as JSON')
    .action(async (file, flags) =>
      outcome(await (await import('../../commands/profile/transform.ts')).transform(file, flags)),
    )
  addExamples(command, [
    {
      does: "Docker's profile for a container with its usual capabilities, under runc",
      typed: 'seccomp-notifyd profile transform default.json --runtime runc --cap chown,kill,setuid -o watched.json',
    },
    {
      does: 'what the daemon will not hear of',
      typed: 'seccomp-notifyd profile transform config.json --runtime crun --report',
    },
  ])
}
