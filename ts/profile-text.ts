/** A profile's text: what it is, and what it is for a host and a container. */

import { toNotifydError } from './errors.ts'
import { jsonOf } from './profile-source.ts'
import { loadNative, type Native, type ParsedProfile, type ProfileFacts, type ResolvedProfile } from './native.ts'

export type { ProfileFacts, UnusedRule, UsedFacts } from './native.ts'

/** Whose fields a text has. `oci` depends on no host; Docker's and Podman's formats have rules with conditions. */
export type ProfileFormat = ParsedProfile['format']

/** A profile that was read and found valid: JSON, YAML or an advice. Its numbers may be beyond what JSON.parse keeps. */
export interface ProfileDocument {
  readonly format: ProfileFormat
  readonly text: string
}

/** What an engine would hand to the runtime, with the rules that it leaves out. */
export type Resolved = Omit<ResolvedProfile, 'json'> & { document: ProfileDocument }

/**
 * Reads OCI `linux.seccomp`, a `config.json` that holds it, the formats of Docker, Podman and CRI-O, `SeccompProfile` objects of the
 * Security Profiles Operator as YAML or JSON, and what Inspektor Gadget advises for one container.
 */
export function parse(text: string, native: Native = loadNative()): ProfileDocument {
  return asked(() => Object.freeze({ text, ...native.parseProfile(jsonOf(text)) }))
}

/** A profile that is right for any container, made from what is known of each call; in Docker's format. */
export function runtimeDefault(native: Native = loadNative()): ProfileDocument {
  return parse(native.runtimeDefaultProfile(), native)
}

/** Chooses the rules that hold. @default of each fact: what this host and this process have */
export function resolve(document: ProfileDocument, facts: ProfileFacts = {}, native: Native = loadNative()): Resolved {
  return asked(() => {
    const { json, ...rest } = native.resolveProfile(jsonOf(document.text), facts)
    return { ...rest, document: parse(json, native) }
  })
}

/** Does what the addon is asked for; its errors become ours. */
export function asked<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw toNotifydError(error)
  }
}
