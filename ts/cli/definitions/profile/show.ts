import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { capabilities, PROFILE_FILE } from '../../options.ts'
import type { Outcome } from '../../program.ts'

export function defineShow(group: Command, outcome: Outcome): void {
  const command = group
    .command('show')
    .description('Print a profile as it is, or as an engine would hand it to a runtime.')
    .argument('<file>', PROFILE_FILE)
    .option('--resolve', 'only the rules that hold, in the format of OCI, which containerd and the runtimes read')
    .option('--arch <machine>', 'with --resolve, for x86_64 or aarch64 (default: this one)')
    .addOption(capabilities())
    .option('--kernel <version>', 'with --resolve, for this one, such as 5.10 (default: the running one)')
    .action(async (file, flags) => outcome(await (await import('../../commands/profile/show.ts')).show(file, flags)))
  addExamples(command, [
    { does: 'a profile to begin with', typed: 'seccomp-notifyd profile show runtime-default > profile.json' },
    {
      does: 'the same for containerd, and so for Localhost profiles of Kubernetes',
      typed: 'seccomp-notifyd profile show runtime-default --resolve --cap chown,net_bind_service,setgid,setuid',
    },
  ])
}
