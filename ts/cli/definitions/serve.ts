import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import type { Outcome } from '../program.ts'
import { reflow } from '../prose.ts'

const DESCRIPTION = `Run the daemon that runtimes hand their listeners over to.

An option wins over the setting of the configuration file that its text begins with. SIGTERM and SIGINT end the daemon
after it has answered what waits; then no call of a running container is answered any more, unless a service manager keeps the
listeners (FDSTORE) for the next daemon. A socket that it passes (LISTEN_FDS) takes the place of listener.socket.`

export function defineServe(program: Command, outcome: Outcome): void {
  const command = program
    .command('serve')
    .summary('Run the daemon that runtimes hand their listeners over to.')
    .description(reflow(DESCRIPTION))
    .option('--config <file>', 'YAML or JSON (default: /etc/seccomp-notifyd/config.yaml, if it exists)')
    .option('--listener-socket <path>', 'listener.socket: unix socket for runtimes, listenerPath of profiles')
    .option('--api-socket <path>', 'http.socket: unix socket of the HTTP interface')
    .option('--http <address>', 'http.address: TCP address of the HTTP interface, or off')
    .option('--state-dir <folder>', 'stateDir: where the history is kept')
    .option('--action <action>', 'policy.action: log or stop, for containers that ask for neither')
    .option('--log-level <level>', 'log.level: debug, info, warn, error or silent')
    .action(async flags => outcome(await (await import('../commands/serve.ts')).serve(flags)))
  addExamples(command, [
    { does: 'with the configuration of the system', typed: 'seccomp-notifyd serve' },
    {
      does: 'stop every container that makes a forbidden call, and serve no TCP port',
      typed: 'seccomp-notifyd serve --action stop --http off',
    },
  ])
}
