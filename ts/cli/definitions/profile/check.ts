import type { Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { capabilities, choice, json, PROFILE_FILE } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'

const DESCRIPTION = `Tell what is wrong, risky or odd about a profile.

One line for each finding, as compilers print them: an error where no container starts with the profile or it does not
protect as it says, a warning for what is hardly meant, a note for what is to be known. Ends with 1 where there is an
error, with --strict also where there is a warning. docs/profile-check.md tells each code in brackets.`

export function defineCheck(group: Command, outcome: Outcome): void {
  const command = group
    .command('check')
    .summary('Tell what is wrong, risky or odd about a profile.')
    .description(reflow(DESCRIPTION))
    .argument('<file>', PROFILE_FILE)
    .addOption(choice('--runtime <runtime>', 'what is to load the profile', ['both', 'runc', 'crun']))
    .option('--arch <machine>', 'the machine that it is for: x86_64 or aarch64 (default: this one)')
    .addOption(capabilities())
    .option('--kernel <version>', "take the profile's rules for this one, such as 5.10 (default: the running one)")
    .option('--strict', 'fail for warnings too')
    .addOption(json('text'))
    .action(async (file, flags) => outcome(await (await import('../../commands/profile/check.ts')).check(file, flags)))
  addExamples(command, [
    { does: 'before a profile is used under either runtime', typed: 'seccomp-notifyd profile check profile.json' },
    {
      does: 'in continuous integration, for containers of Docker that get no further capabilities',
      typed:
        'seccomp-notifyd profile check profile.json --strict --runtime runc --cap chown,dac_override,fowner,kill,setuid,setgid',
    },
    {
      does: 'what a program would not be seen doing',
      typed: `seccomp-notifyd profile check profile.json --json | jq '.[] | select(.code == "not-observable") | .message'`,
    },
  ])
}
