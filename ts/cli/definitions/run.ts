import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { RUN_EXIT_CODES } from '../exit-codes.ts'
import { choice, duration } from '../options.ts'
import type { Outcome } from '../program.ts'

export function defineRun(program: Command, outcome: Outcome): void {
  const command = program
    .command('run')
    .description('Run a command under a filter and report the forbidden calls it makes.')
    .usage('[options] -- COMMAND [ARGUMENT...]')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions()
    .option('--profile <file>', 'JSON of OCI (or a config.json that holds it), Docker, Podman or CRI-O; - is stdin')
    .option('--cap <capabilities>', "take the profile's rules for these (default: this process's bounding set)")
    .option('--deny <calls>', 'names, separated by commas, that fail with EPERM')
    .addOption(choice('--action <action>', 'what forbidden calls lead to', ['log', 'stop']))
    .addOption(choice('--answer <answer>', 'what the caller gets', ['profile', 'continue']))
    .addOption(choice('--probes <treatment>', 'calls denied with ENOSYS', ['ignore', 'count']))
    .option('--ignore <calls>', 'names, separated by commas, that never lead to a stop')
    .addOption(duration('--debounce <time>', 'stop after this long without another forbidden call', 5000))
    .addOption(duration('--max-delay <time>', 'stop at the latest this long after the first', 30_000))
    .option('--json', "the report as one line of JSON on stderr (stdout is the command's)")
    .option('--report <file>', 'write the report as JSON to a file')
    .action(async (words, flags) => outcome(await (await import('../commands/run.ts')).run(words, flags)))
  const codes = RUN_EXIT_CODES.map(({ code, meaning }) => `  ${code.padEnd(9)}  ${meaning.replaceAll('`', '')}`)
  command.addHelpText('after', `\nExit codes:\n${codes.join('\n')}`)
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
