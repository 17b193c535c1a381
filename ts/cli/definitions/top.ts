import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { choice, daemonOptions, duration, json } from '../options.ts'
import type { Outcome } from '../program.ts'
import { reflow } from '../prose.ts'

const DESCRIPTION = `Show which running containers make most forbidden calls.

On a terminal the table is painted anew until q is typed; r, c, i, n and a sort by rate, calls, incidents, name and age, and
what is typed after / has to be a part of the name or id. In a pipe or a file it is printed once, after one interval, since a rate takes two looks.`

export function defineTop(program: Command, outcome: Outcome): void {
  const command = program
    .command('top')
    .summary('Show which running containers make most forbidden calls.')
    .description(reflow(DESCRIPTION))
    .addOption(choice('--sort <order>', 'what comes first', ['rate', 'calls', 'incidents', 'name', 'age']))
    .option('--name <part>', 'only those whose name or id contains this')
    .addOption(duration('--interval <time>', 'between two looks', 1000))
  for (const option of [...daemonOptions(), json('a table, once')]) command.addOption(option)
  command.action(async flags => outcome(await (await import('../commands/top.ts')).top(flags)))
  addExamples(command, [{ does: 'the five with most calls', typed: 'seccomp-notifyd top --sort calls | head -n 6' }])
}
