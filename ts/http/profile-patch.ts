/** PURE: what a container's profile would have to allow so that the calls seen were not denied. */

import type { CallCount, ContainerView } from '../container-view.ts'
import { isAllowed, isProbe } from '../verdicts.ts'

/** `linux.seccomp.syscalls` of the OCI runtime specification. */
export interface AllowRule {
  names: string[]
  action: 'SCMP_ACT_ALLOW'
}

export interface ProfilePatch {
  /** Of the container. */
  key: string
  /** Rules to add to the profile's `syscalls`; empty where nothing was denied. */
  syscalls: AllowRule[]
  /** To add to the profile's `architectures`, as calls of these beside the usual one were denied. */
  architectures: string[]
  /** Denied with ENOSYS: what asks for them does without them, so there is no rule. */
  probes: string[]
  /** Made by the runtime before the program was executed; the counts of phase `init` are its own, and there is no rule. */
  runtime: string[]
  /** Calls that no profile can name. */
  unnamed: { abi: string; number: number; count: number }[]
  /** What to know before using it, in sentences. */
  notes: string[]
}

/** What the kernel's own calls are named in a profile depends on the build of libseccomp; these are never names. */
const PLACEHOLDER = /^(?:syscall_-?\d+|other)$/

const SECOND_ARCHITECTURES: Record<string, string> = {
  i386: 'SCMP_ARCH_X86',
  x32: 'SCMP_ARCH_X32',
  arm: 'SCMP_ARCH_ARM',
}

export function patchOf({ key, calls }: ContainerView): ProfilePatch {
  const denied = calls.filter(({ verdict }) => !isAllowed(verdict))
  const [unnamed, named] = split(denied, ({ syscall }) => PLACEHOLDER.test(syscall))
  const [runtime, own] = split(named, ({ phase }) => phase === 'init')
  const [probes, needed] = split(own, ({ verdict, syscall }) => isProbe(verdict, syscall))
  const names = namesOf(needed)
  return {
    key,
    syscalls: names.length === 0 ? [] : [{ names, action: 'SCMP_ACT_ALLOW' }],
    architectures: sortedSet(needed.flatMap(({ abi }) => SECOND_ARCHITECTURES[abi] ?? [])),
    probes: namesOf(probes).filter(name => !names.includes(name)),
    runtime: namesOf(runtime),
    unnamed: sumUnnamed(unnamed),
    notes: notesOf({ needed, runtime, unnamed }),
  }
}

function notesOf(found: Record<'needed' | 'runtime' | 'unnamed', CallCount[]>): string[] {
  const notes: string[] = []
  if (found.needed.length > 0) {
    notes.push(
      'the rules allow the calls with any arguments, since arguments that were seen are not all that can come',
      'a name that another rule of the profile denies has to be taken out of that rule',
    )
  }
  if (found.needed.some(({ verdict }) => verdict === 'notify'))
    notes.push('the profile of the container is not known to the daemon: the calls are those that it notifies')
  if (found.runtime.length > 0)
    notes.push(
      'calls of phase init are those of the runtime, made before the program was executed; no rule is made of them',
    )
  if (found.unnamed.length > 0) notes.push('calls without a name cannot be allowed by a rule')
  return notes
}

function sumUnnamed(calls: CallCount[]): ProfilePatch['unnamed'] {
  const sums = new Map<string, ProfilePatch['unnamed'][number]>()
  for (const { abi, number, count } of calls) {
    const known = sums.get(`${abi}:${number}`)
    sums.set(`${abi}:${number}`, { abi, number, count: count + (known?.count ?? 0) })
  }
  return [...sums.values()]
}

function namesOf(calls: CallCount[]): string[] {
  return sortedSet(calls.map(({ syscall }) => syscall))
}

function sortedSet(words: string[]): string[] {
  return [...new Set(words)].toSorted()
}

function split<T>(items: T[], test: (item: T) => boolean): [yes: T[], no: T[]] {
  return [items.filter(test), items.filter(item => !test(item))]
}
