import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { addExitCodes, RUN_EXIT_CODES } from '../exit-codes.ts'
import { capabilities, choice, duration, PROFILE_FILE } from '../options.ts'
import type { Outcome } from '../program.ts'
import { reflow } from '../prose.ts'

const DESCRIPTION = `Run a command under a filter and report the forbidden calls it makes.

No root, engine or daemon is needed. What is forbidden is said by exactly one of --profile and --deny. With --action stop
the command and all of its descendants are ended when no forbidden call came for the time of --debounce, and at the latest
--max-delay after the first. With --answer continue nothing is denied: calls are only counted. Calls denied with ENOSYS are
taken for a libc's question whether the kernel has the call; they are shown, but lead to a stop with --probes count only.`

export function defineRun(program: Command, outcome: Outcome): void {
  const command = program
    .command('run')
    .summary('Run a command under a filter and report the forbidden calls it makes.')
    .description(reflow(DESCRIPTION))
    .usage('[options] -- COMMAND [ARGUMENT...]')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions()
    .option('--profile <file>', PROFILE_FILE)
    .addOption(capabilities())
    .option('--deny <calls>', 'names, separated by commas, that fail with EPERM')
    .addOption(choice('--action <action>', 'forbidden calls are only reported, or end the command', ['log', 'stop']))
    .addOption(
      choice('--answer <answer>', "the caller gets the profile's own error, or the call runs", ['profile', 'continue']),
    )
    .addOption(
      choice('--probes <treatment>', 'whether calls denied with ENOSYS can end the command', ['ignore', 'count']),
    )
    .option('--ignore <calls>', 'names, separated by commas, that never lead to a stop')
    .addOption(duration('--debounce <time>', 'stop after this long without another forbidden call', 5000))
    .addOption(duration('--max-delay <time>', 'stop at the latest this long after the first', 30_000))
    .addOption(choice('--detail <calls>', 'of which calls caller and arguments are read', ['first', 'off']))
    .option('--no-backtraces', 'the code that makes these calls is not looked for')
    .option('--json', "the report as one line of JSON on stderr (stdout is the command's)")
    .option('--report <file>', 'write the report as JSON to a file')
    .action(async (words, flags) => outcome(await (await import('../commands/run.ts')).run(words, flags)))
  addExitCodes(command, RUN_EXIT_CODES)
  addExamples(command, [
    {
      does: 'see whether a script makes folders, and let it fail where it does',
      typed: "seccomp-notifyd run --deny mkdir,mkdirat -- sh -c 'mkdir /tmp/x'",
    },
    {
      does: 'only watch: the calls succeed as without a filter',
      typed: 'seccomp-notifyd run --deny mkdir,mkdirat --answer continue -- make',
    },
    {
      does: 'keep a report of what a profile denies',
      typed: 'seccomp-notifyd run --profile profile.json --report report.json -- ./app',
    },
  ])
}
