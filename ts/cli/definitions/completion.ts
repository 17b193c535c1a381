import { Argument, InvalidArgumentError, type Command } from 'commander'
import { addExamples } from '../examples.ts'
import type { Outcome } from '../program.ts'

/** Named here, as the scripts are not loaded before they are asked for. */
const SHELLS = ['bash', 'zsh', 'fish'] as const

export function defineCompletion(program: Command, outcome: Outcome): void {
  const shell = new Argument('<shell>', SHELLS.join(', ')).choices(SHELLS).argParser(given => {
    const found = SHELLS.find(name => name === given)
    if (found === undefined) throw new InvalidArgumentError(`accepted: ${SHELLS.join(', ')}`)
    return found
  })
  const command = program
    .command('completion')
    .description('Print a script with which a shell completes commands, options and their values.')
    .addArgument(shell)
    .action(async name => outcome((await import('../commands/completion.ts')).completion(name, program)))
  addExamples(command, [
    { does: 'in this bash', typed: 'source <(seccomp-notifyd completion bash)' },
    {
      does: 'in every fish',
      typed: 'seccomp-notifyd completion fish > ~/.config/fish/completions/seccomp-notifyd.fish',
    },
  ])
}
