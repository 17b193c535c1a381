import type { Command } from 'commander'
import { ENGINES } from '../../engine.ts'
import { addExamples } from '../examples.ts'
import { daemonOptions, json } from '../options.ts'
import type { Outcome } from '../program.ts'

export function definePs(program: Command, outcome: Outcome): void {
  const command = program
    .command('ps')
    .description('List the containers that a daemon knows.')
    .option('--name <part>', 'only those whose name or id contains this')
    .option('--namespace <namespace>', 'only those in this namespace of Kubernetes or containerd')
    .option('--pod <pod>', 'only those of this pod')
    .option('--image <part>', 'only those whose image contains this')
    .option('--engine <engines>', `only those of these, separated by commas: ${ENGINES.join(', ')}, none`)
  for (const option of [...daemonOptions(), json('a table')]) command.addOption(option)
  command.action(async flags => outcome(await (await import('../commands/ps.ts')).ps(flags)))
  addExamples(command, [
    { does: 'those of one namespace', typed: 'seccomp-notifyd ps --namespace prod' },
    {
      does: 'names of those that were stopped',
      typed: `seccomp-notifyd ps --json | jq -r '.containers[] | select(.state == "stopped").name'`,
    },
  ])
}
