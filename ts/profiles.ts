/** From what a caller denies to the program that the kernel and the verdicts use. */

import { errnoNumber } from './errno.ts'
import { NotifydError, toNotifydError } from './errors.ts'
import { jsonOf } from './profile-source.ts'
import { workApart, type ProfileWork } from './profile-work.ts'
import { loadNative, type CompiledProfile, type Native, type ProfileFacts } from './native.ts'

export type { CompiledProfile } from './native.ts'

/** Exactly one of `deny` and `profile`. */
export interface Denials {
  /** Names of calls, `syscall_600` for a number; each fails with `errno`, everything else is allowed. */
  deny?: readonly string[]
  /** Errno name. @default 'EPERM' */
  errno?: string
  /**
   * Text of a profile, as `profiles.parse` reads it: of the formats of Docker and Podman the rules are taken that hold for this host and `capabilities`.
   */
  profile?: string
  /**
   * The bounding set that the conditions of a profile are compared with, `CAP_SYS_ADMIN` or `sys_admin`; it changes no
   * process's capabilities. @default the bounding set of this process
   */
  capabilities?: readonly string[]
}

/** A profile is compiled in a process of its own, unless `work` says otherwise. */
export async function compile(
  denials: Denials,
  native: Native = loadNative(),
  work: ProfileWork = workApart,
): Promise<CompiledProfile> {
  const { deny, profile } = denials
  if ((deny === undefined) === (profile === undefined)) {
    throw new NotifydError('ERR_PROFILE', 'either deny or profile says what is denied, and not both')
  }
  try {
    return profile === undefined
      ? compileNames(deny ?? [], denials.errno, native)
      : await work('compileProfile', jsonOf(profile), factsOf(denials))
  } catch (error) {
    throw toNotifydError(error)
  }
}

/** As `compile`, for a command: what denies nothing at all is a mistake, and nothing is run under it. */
export async function compileForRun(denials: Denials, native: Native, work: ProfileWork): Promise<CompiledProfile> {
  const compiled = await compile(denials, native, work)
  if (compiled.restricts) return compiled
  throw new NotifydError('ERR_NOTHING_DENIED', `nothing was run: ${compiled.warnings.join('; ')}`)
}

function factsOf({ capabilities }: Denials): ProfileFacts {
  return capabilities === undefined ? {} : { capabilities: [...capabilities] }
}

function compileNames(names: readonly string[], errno = 'EPERM', native: Native): CompiledProfile {
  if (names.length === 0) {
    throw new NotifydError('ERR_NOTHING_DENIED', 'the list of denied calls is empty; name at least one, such as chroot')
  }
  const number = errnoNumber(errno)
  if (number === undefined) {
    throw new NotifydError(
      'ERR_PROFILE',
      `${JSON.stringify(errno)} is not an errno name; accepted: names of errno(3), such as EPERM`,
    )
  }
  return { program: native.compileDenyList([...names], number), restricts: true, warnings: [] }
}
