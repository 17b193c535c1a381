import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { addExitCodes, VERIFY_EXIT_CODES } from '../exit-codes.ts'
import { capabilities, choice, PROFILE_FILE } from '../options.ts'
import type { Outcome } from '../program.ts'
import { reflow } from '../prose.ts'

const DESCRIPTION = `Tell of one command, in one run, every call that a profile denies.

Denied calls are let run, so that one does not hide those that would have followed; with --enforce they fail as the profile
says. What the profile kills for or traps is let run too. Ends with 0 only if the command did and every denied call is accepted by
the baseline. clone3 denied with ENOSYS is a question of C libraries, which then use clone: it is shown, and fails nothing unless
--probes count says so. Counts are upper bounds where calls block: one that a signal interrupts is made anew.`

export function defineVerify(program: Command, outcome: Outcome): void {
  const command = program
    .command('verify')
    .summary('Tell of one command, in one run, every call that a profile denies.')
    .description(reflow(DESCRIPTION))
    .usage('[options] --profile FILE -- COMMAND [ARGUMENT...]')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions()
    .option('--profile <file>', PROFILE_FILE)
    .addOption(capabilities())
    .option('--no-backtraces', 'the code that makes denied calls is not looked for')
    .option('--enforce', 'denied calls fail as the profile says, instead of running')
    .addOption(choice('--probes <treatment>', 'whether clone3 denied with ENOSYS fails it', ['ignore', 'count']))
    .option('--baseline <file>', 'denied calls that are known, and fail nothing')
    .option('--write-baseline', 'write what is denied to that file, and accept it')
    .addOption(choice('--format <format>', 'of the report', ['text', 'json', 'junit', 'sarif']))
    .option(
      '--output <file>',
      "write the report there; without it, text and JSON go to stderr (stdout is the command's)",
    )
    .action(async (words, flags) => outcome(await (await import('../commands/verify.ts')).verify(words, flags)))
  addExitCodes(command, VERIFY_EXIT_CODES)
  addExamples(command, [
    { does: 'hold a test suite to a profile', typed: 'seccomp-notifyd verify --profile profile.json -- npm test' },
    {
      does: 'the same in continuous integration, with findings that GitHub shows beside the code',
      typed: 'seccomp-notifyd verify --profile profile.json --format sarif --output verify.sarif -- npm test',
    },
    {
      does: 'accept what is denied today, and fail for what comes new',
      typed:
        'seccomp-notifyd verify --profile profile.json --baseline denied.json --write-baseline -- npm test\n' +
        'seccomp-notifyd verify --profile profile.json --baseline denied.json -- npm test',
    },
  ])
}
