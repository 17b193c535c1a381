import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import type { Outcome } from '../program.ts'

export function defineServe(program: Command, outcome: Outcome): void {
  const command = program
    .command('serve')
    .description('Run the daemon that runtimes hand their listeners over to.')
    .option('--config <file>', 'YAML or JSON (default: /etc/seccomp-notifyd/config.yaml, if it exists)')
    .option('--listener-socket <path>', 'unix socket for runtimes: listenerPath of profiles')
    .option('--api-socket <path>', 'unix socket of the HTTP interface')
    .option('--http <address>', 'TCP address of the HTTP interface, or off')
    .option('--state-dir <folder>', 'where the history is kept')
    .option('--action <action>', 'log or stop, for containers that ask for neither')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .action(async flags => outcome(await (await import('../commands/serve.ts')).serve(flags)))
  addExamples(command, [
    { does: 'with the configuration of the system', typed: 'seccomp-notifyd serve' },
    {
      does: 'stop every container that makes a forbidden call, and serve no TCP port',
      typed: 'seccomp-notifyd serve --action stop --http off',
    },
  ])
}
