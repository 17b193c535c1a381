import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { daemonOptions, json } from '../options.ts'
import type { Outcome } from '../program.ts'
import { reflow } from '../prose.ts'

const DESCRIPTION = `Show calls as they are answered, until it is ended with Ctrl-C or its reader goes.

Of each: time in UTC, key of the container, the call with its six registers, what the caller got, thread, ABI, and what the
profile says. Calls that are missing because there were too many are counted on stderr; with --json they are a line of their own.`

export function defineEvents(program: Command, outcome: Outcome): void {
  const command = program
    .command('events')
    .summary('Show calls as they are answered.')
    .description(reflow(DESCRIPTION))
    .option('--container <id>', 'only of this one, as for describe; may be repeated', append)
    .option('--syscall <calls>', 'only these, separated by commas')
    .option('--verdict <verdicts>', 'only these, separated by commas, such as EPERM or kill_process')
  for (const option of [...daemonOptions(), json('text, one line for each call')]) command.addOption(option)
  command.action(async flags => outcome(await (await import('../commands/events.ts')).events(flags)))
  addExamples(command, [
    { does: 'who calls chroot or mount, and where', typed: 'seccomp-notifyd events --syscall chroot,mount' },
    {
      does: 'the first ten calls of one container',
      typed: 'seccomp-notifyd events --container 4f2a --json | head -n 10',
    },
  ])
}

function append(value: string, given: string[] = []): string[] {
  return [...given, value]
}
