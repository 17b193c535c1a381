import type { Command } from 'commander'
import { addExamples } from '../examples.ts'
import { addExitCodes, RECORD_EXIT_CODES } from '../exit-codes.ts'
import type { Outcome } from '../program.ts'
import { reflow } from '../prose.ts'

const DESCRIPTION = `Write the smallest profile that lets a command run as it just did.

Every call of the command and of its descendants is seen and let run, but for the return from a signal's handler, which is
allowed where a handler is made: a signal that comes at the wrong moment would make it fail, and the command crash. The profile has their names, for the ABIs that were used; the
values of an argument are kept apart where they decide alone: families of socket and socketpair, personality, namespaces of
clone. A call without a name is told, and not written. --for adds what a runtime calls itself before it executes the command,
and what comes of pauses and signals in a container (restart_syscall, rt_sigreturn), which no run has to show;
docker and containerd mean runc, podman and cri-o either runtime.

One run shows what it did, not what the command may do: --append adds another, and tells what was new. What threads call
when they wait for each other (futex, sched_yield, madvise) depends on time too: append until a run adds nothing. How many runs made
each call, and which were made in one phase only, is in FILE.record.json, beside the profile. Start
and end are its first and last five seconds, in runs of twenty seconds or more. Every half minute a run says whether it still
shows anything new.`

export function defineRecord(program: Command, outcome: Outcome): void {
  const command = program
    .command('record')
    .summary('Write the smallest profile that lets a command run as it just did.')
    .description(reflow(DESCRIPTION))
    .usage('[options] --output FILE -- COMMAND [ARGUMENT...]')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions()
    .option(
      '-o, --output <file>',
      'the profile, in the format of the OCI runtime specification, which engines take too',
    )
    .option('--append', 'add this run to those that the profile was made of')
    .option(
      '--for <runtimes>',
      'allow what these call themselves: runc, crun, docker, containerd, podman, cri-o, separated by commas',
    )
    .option('--ioctl-requests', 'allow ioctl for the requests that were seen only')
    .action(async (words, flags) => outcome(await (await import('../commands/record.ts')).record(words, flags)))
  addExitCodes(command, RECORD_EXIT_CODES)
  addExamples(command, [
    { does: 'a profile for a test suite, and whether it holds', typed: RECORD_AND_VERIFY },
    {
      does: 'a profile for a container under runc',
      typed: 'seccomp-notifyd record --for runc -o profile.json -- ./app',
    },
    {
      does: 'what another way through the program adds',
      typed: 'seccomp-notifyd record --append -o profile.json -- ./app --reload',
    },
  ])
}

const RECORD_AND_VERIFY = `seccomp-notifyd record -o profile.json -- npm test
seccomp-notifyd verify --profile profile.json -- npm test`
