import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { capabilities, daemonOptions, PROFILE_FILE } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'

const DESCRIPTION = `Print the smallest change to a profile that admits what it denied.

The change is an edit of the file's own text, as a patch: a name more in the list of allowed calls, a rule for the arguments
that were seen where the profile allows the call for others, a name less in a rule that denies it. Every other byte stays, and
the programs of both texts show that no other call has another verdict. A call that reaches beyond a container is refused with
what it opens, until --allow-dangerous names it.

Of a report and of a container the arguments of the first few calls of each kind are known; rules for arguments are made of those,
and a note says where there were more calls. YAML keeps its comments, order and style.`

export function defineSuggest(group: Command, outcome: Outcome): void {
  const command = group
    .command('suggest')
    .summary('Print the smallest change to a profile that admits what it denied.')
    .description(reflow(DESCRIPTION))
    .argument('<file>', PROFILE_FILE)
    .option('--report <file>', 'admit the denied calls of a report of run --report or verify --format json')
    .option('--container <id>', 'admit what a container was denied, by name, id or key as for describe')
    .option('--calls <names>', 'admit these, separated by commas, whatever their arguments are')
    .option('--allow-dangerous <names>', 'calls that may be admitted although they reach beyond a container')
    .option('--arch <machine>', 'for x86_64 or aarch64 (default: this one)')
    .addOption(capabilities())
    .option('--kernel <version>', "take the profile's rules for this one, such as 5.10 (default: the running one)")
    .option('-o, --output <file>', 'write the changed profile there, and print no patch')
  for (const option of daemonOptions()) command.addOption(option)
  command.action(async (file, flags) =>
    outcome(await (await import('../../commands/profile/suggest.ts')).suggest(file, flags)),
  )
  addExamples(command, [
    {
      does: 'what a program was denied, into its profile',
      typed: 'seccomp-notifyd profile suggest profile.json --report report.json | patch -p0',
    },
    {
      does: 'what a container is denied that runs now',
      typed: 'seccomp-notifyd profile suggest profile.yaml --container web-1 -o wider.yaml',
    },
    {
      does: 'two calls, one of which has to be meant',
      typed: 'seccomp-notifyd profile suggest profile.json --calls rmdir,mount --allow-dangerous mount -o wider.json',
    },
  ])
}
