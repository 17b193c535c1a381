/** Options that the commands of `runtime` share. */

import { InvalidArgumentError, Option } from 'commander'

export const RUNTIME_FOLDER = '/usr/libexec/seccomp-notifyd'
const ENGINES = ['docker', 'containerd', 'podman', 'crio', 'kubernetes', 'all']

export function engines(text: string): Option {
  return new Option('--engine <names...>', text).choices(ENGINES).default(['all'], 'all')
}

/** As RuntimeClass takes names: a label of RFC 1123. */
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const TAKEN = ['runc', 'crun']

export function handlerName(): Option {
  return new Option('--name <name>', 'what engines call it').default('notifyd').argParser(given => {
    if (NAME.test(given) && !TAKEN.includes(given)) return given
    throw new InvalidArgumentError(
      'accepted: at most 63 lower-case letters, digits and -, beginning and ending with no -, other than runc and crun',
    )
  })
}

export function folder(text: string): Option {
  return new Option('--dir <folder>', text).default(RUNTIME_FOLDER).argParser(given => {
    if (/^\/[\w./+@-]*$/.test(given) && !given.split('/').includes('..')) return given.replace(/(?<=.)\/+$/, '')
    throw new InvalidArgumentError('accepted: an absolute path of letters, digits and . _ + @ - without ..')
  })
}

export type ConfigFiles = Record<string, string>

export function configFiles(): Option {
  return new Option(
    '--config-file <engine=file>',
    'configuration of an engine that is not the usual file; repeatable',
  ).argParser((given, files: ConfigFiles) => ({ ...files, ...pairOf(given) }))
}

function pairOf(given: string): ConfigFiles {
  const [, engine = '', file = ''] = /^([a-z]+)=(\/.+)$/.exec(given) ?? []
  if (ENGINES.slice(0, 4).includes(engine)) return { [engine]: file }
  throw new InvalidArgumentError('accepted: docker, containerd, podman or crio, then = and an absolute path')
}
