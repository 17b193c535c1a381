#!/usr/bin/env node
/** bin: argv to command to exit code; the only place that ends the process. */

import { Command, CommanderError, Option } from 'commander'
import { NotifydError } from '../errors.ts'
import { readVersion } from '../version.ts'
import { EXIT } from './exit-codes.ts'
import { complain } from './output.ts'

type Outcome = (code: number) => void

/** Each command is loaded when it is called, so that help and completion do not wait for the others. */
function createProgram(outcome: Outcome): Command {
  const program = new Command('seccomp-notifyd')
    .description('Makes every system call that a seccomp profile denies visible, and ends containers where asked.')
    .version(readVersion())
    .exitOverride()
    .enablePositionalOptions()
  program
    .command('serve')
    .description('Run the daemon that runtimes hand their listeners over to.')
    .option('--config <file>', 'YAML or JSON (default: /etc/seccomp-notifyd/config.yaml)')
    .option('--listener-socket <path>', 'unix socket for runtimes: listenerPath of profiles')
    .addOption(new Option('--api-socket <path>', 'unix socket of the HTTP interface'))
    .option('--http <address>', 'TCP address of the HTTP interface, or off')
    .option('--state-dir <folder>', 'where the history is kept')
    .option('--action <action>', 'log or stop, for containers that ask for neither')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .action(async flags => outcome(await (await import('./commands/serve.ts')).serve(flags)))
  program
    .command('run')
    .description('Run a command under a filter and report the forbidden calls it makes.')
    .usage('[options] -- COMMAND [ARGUMENT...]')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions()
    .option('--profile <file>', 'JSON of OCI (or a config.json that holds it), Docker, Podman or CRI-O')
    .option('--cap <capabilities>', "take the profile's rules for these (default: this process's bounding set)")
    .option('--deny <calls>', 'names, separated by commas, that fail with EPERM')
    .addOption(new Option('--action <action>', 'what forbidden calls lead to').choices(['log', 'stop']).default('log'))
    .addOption(
      new Option('--answer <answer>', 'what the caller gets').choices(['profile', 'continue']).default('profile'),
    )
    .addOption(
      new Option('--probes <treatment>', 'calls denied with ENOSYS').choices(['ignore', 'count']).default('ignore'),
    )
    .option('--ignore <calls>', 'names, separated by commas, that never lead to a stop')
    .option('--debounce <time>', 'stop after this long without another forbidden call', '5s')
    .option('--max-delay <time>', 'stop at the latest this long after the first', '30s')
    .option('--json', "the report as one line of JSON on stderr (stdout is the command's)")
    .option('--report <file>', 'write the report as JSON to a file')
    .action(async (words, flags) => outcome(await (await import('./commands/run.ts')).run(words, flags)))
  program
    .command('ps')
    .description('List the containers that a daemon knows.')
    .addOption(apiSocket())
    .option('--config <file>', 'configuration of the daemon, which names its socket')
    .option('--json', 'JSON instead of a table')
    .action(async flags => outcome(await (await import('./commands/ps.ts')).ps(flags)))
  program
    .command('describe')
    .description('Show one container: its state, reason, message, and calls.')
    .argument('<id>', "the runtime's id, or a key of ps")
    .addOption(apiSocket())
    .option('--config <file>', 'configuration of the daemon, which names its socket')
    .option('--json', 'JSON instead of text')
    .action(async (id, flags) => outcome(await (await import('./commands/describe.ts')).describe(id, flags)))
  program
    .command('doctor')
    .description('Try what the kernel can do, and find runtimes and their versions.')
    .option('--json', 'JSON instead of a table')
    .action(async flags => outcome(await (await import('./commands/doctor.ts')).doctor(flags)))
  return program
}

function apiSocket(): Option {
  return new Option('--api-socket <path>', 'unix socket of the daemon (default: from the configuration)')
}

async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok
  try {
    await createProgram(value => (code = value)).parseAsync(argv)
    return code
  } catch (error) {
    return failure(error)
  }
}

function failure(error: unknown): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  complain(error)
  return error instanceof NotifydError && error.code === 'ERR_USAGE' ? EXIT.usage : EXIT.failure
}

// A reader that has gone, as with `| head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure),
)

const code = await main(process.argv)
// What stdout still holds is written before the process ends by itself.
process.exitCode = code
if (process.stdout.writableLength === 0) process.exit(code)
