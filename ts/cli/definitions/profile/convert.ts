import { Option, type Command } from 'commander'
import { addExamples } from '../../examples.ts'
import { capabilities } from '../../options.ts'
import type { Outcome } from '../../program.ts'
import { reflow } from '../../prose.ts'

const FORMATS = ['oci', 'docker', 'containers-common', 'spo-v1beta1', 'spo-v1', 'crio-artifact']

const SOURCES = [...FORMATS, 'inspektor-gadget']

const DESCRIPTION = `Write a profile in another format.

Formats: oci (the runtimes, containerd, Localhost profiles of Kubernetes), docker, containers-common (Podman, Buildah, CRI-O),
spo-v1beta1 and spo-v1 (SeccompProfile of the Security Profiles Operator, as YAML), crio-artifact (the blob of an OCI artifact
for seccomp-profile.crio.io; its config has the media type application/vnd.cncf.seccomp-profile.config.v1+json).

Read, and not written, is what Inspektor Gadget's seccomp advisor prints (inspektor-gadget): of the image advise_seccomp a profile for
each container behind a comment with its name, of older versions a profile alone, or Trace objects that have it in their
status. Names that stand for a number, such as syscall_1f4, are left out.

What the other format has no place for is told on stderr, and refused where it would change a verdict: the programs of both
are compared for the host and container of --arch, --cap and --kernel, for which conditions are taken too where the other
format has none.`

export function defineConvert(group: Command, outcome: Outcome): void {
  const command = group
    .command('convert')
    .summary('Write a profile in another format.')
    .description(reflow(DESCRIPTION))
    .argument('<file>', 'JSON or YAML in any of the formats, or a config.json; - is stdin')
    .addOption(new Option('--to <format>', 'the format to write').choices(FORMATS).makeOptionMandatory())
    .addOption(new Option('--from <format>', 'the format that it has to be in (default: any)').choices(SOURCES))
    .option('--container <name>', 'whose profile is taken of an advice on several (default: the only one)')
    .option('--name <name>', "metadata.name of an operator's object that had none (default: the file's name)")
    .option('--arch <machine>', 'for x86_64 or aarch64 (default: this one)')
    .addOption(capabilities())
    .option('--kernel <version>', "take the profile's rules for this one, such as 5.10 (default: the running one)")
    .option('-o, --output <file>', 'write there, and not to stdout')
    .action(async (file, flags) =>
      outcome(await (await import('../../commands/profile/convert.ts')).convert(file, flags)),
    )
  addExamples(command, [
    {
      does: 'for the Security Profiles Operator',
      typed: 'seccomp-notifyd profile convert nginx.json --to spo-v1 | kubectl apply -f -',
    },
    {
      does: 'of what a gadget has advised, the profile of one container',
      typed: 'kubectl gadget run advise_seccomp -n web | seccomp-notifyd profile convert - --to oci --container nginx',
    },
    {
      does: "what Kubernetes loads of Docker's profile for a container with two capabilities",
      typed: 'seccomp-notifyd profile convert default.json --to oci --cap chown,net_bind_service -o nginx.json',
    },
  ])
}
