/** Kinds of options that several commands have. Each says what it accepts when it is given something else. */

import { InvalidArgumentError, Option } from 'commander'
import { formatDuration, longestMs, parseDuration } from '../config/duration.ts'
import { suggest } from '../config/suggest.ts'

export function choice(flags: string, text: string, [byDefault, ...others]: readonly [string, ...string[]]): Option {
  const accepted = [byDefault, ...others]
  return new Option(flags, text)
    .choices(accepted)
    .default(byDefault)
    .argParser(given => {
      if (accepted.includes(given)) return given
      const meant = suggest(given, accepted)
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`
      throw new InvalidArgumentError(`accepted: ${accepted.join(', ')}${hint}`)
    })
}

/** Its value is in milliseconds. */
export function duration(flags: string, text: string, defaultMs: number): Option {
  return new Option(flags, text).default(defaultMs, formatDuration(defaultMs)).argParser(given => {
    const ms = parseDuration(given)
    if (ms !== undefined && ms <= longestMs) return ms
    throw new InvalidArgumentError(
      `accepted: a number with ms, s, m or h, such as 500ms, 5s or 2m, up to ${longestMs}ms`,
    )
  })
}

export function json(instead: string): Option {
  return new Option('--json', `JSON instead of ${instead}`)
}

/** What the file of a profile may be. */
export const PROFILE_FILE =
  'OCI (or a config.json that holds it), Docker, Podman, CRI-O, SeccompProfile, or an advice; - is stdin, runtime-default one of our own'

/** Of commands that take a profile in an engine's format. */
export function capabilities(): Option {
  return new Option('--cap <capabilities>', "take the profile's rules for these (default: this process's bounding set)")
}

/** Of commands that ask a running daemon. */
export function daemonOptions(): Option[] {
  return [
    new Option('--api-socket <path>', 'unix socket of the daemon (default: from its configuration)'),
    new Option('--config <file>', 'configuration of the daemon, which names its socket'),
  ]
}
