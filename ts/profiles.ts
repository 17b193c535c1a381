/** From what a caller denies to the program that the kernel and the verdicts use. */

import { errnoNumber } from './errno.ts'
import { NotifydError } from './errors.ts'
import { loadNative, type CompiledProfile, type Native } from './native.ts'

export type { CompiledProfile } from './native.ts'

/** Exactly one of `deny` and `profile`. */
export interface Denials {
  /** Names of calls, `syscall_600` for a number; each fails with `errno`, everything else is allowed. */
  deny?: readonly string[]
  /** Errno name. @default 'EPERM' */
  errno?: string
  /** OCI `linux.seccomp` as JSON text. */
  profile?: string
}

export function compile(denials: Denials, native: Native = loadNative()): CompiledProfile {
  const { deny, profile } = denials
  if ((deny === undefined) === (profile === undefined)) {
    throw new NotifydError('ERR_PROFILE', 'either deny or profile says what is denied, and not both')
  }
  return profile === undefined ? compileNames(deny ?? [], denials.errno, native) : native.compileProfile(profile)
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
  return { program: native.compileDenyList([...names], number), warnings: [] }
}
