import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { daemonOptions } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'

const DESCRIPTION = `Print the smallest profile that lets the recorded containers run.

It has the calls of all runs, of containers that run now too, as record makes it of a command: in the format of the OCI runtime
specification, which engines take. What a runtime calls itself before it executes the container's program is allowed as well. Calls
that the container's own profile denied were not let run, and are not in it: they are told.`

export function defineProfile(group: Command, outcome: Outcome): void {
  const command = group
    .command('profile')
    .summary('Print the smallest profile that lets the recorded containers run.')
    .description(reflow(DESCRIPTION))
    .argument('<name>', 'of the annotation seccomp-notifyd.io/record')
    .option('-o, --output <file>', 'write it there')
    .option('--for <runtimes>', 'runtimes and engines that are to load it, as of record (default: runc and crun)')
    .option('--ioctl-requests', 'allow ioctl for the requests that were seen only')
  for (const option of daemonOptions()) command.addOption(option)
  command.action(async (name, flags) =>
    outcome(await (await import('../../commands/recording/profile.ts')).profile(name, flags)),
  )
  addExamples(command, [
    { does: 'a profile for a container', typed: 'seccomp-notifyd recording profile web -o web.json' },
    {
      does: 'one for the Security Profiles Operator',
      typed: 'seccomp-notifyd recording profile web -o web.json && seccomp-notifyd profile convert web.json --to spo',
    },
  ])
}
