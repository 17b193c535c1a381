/** What a profile does to calls, and why. Promises, since the profile is compiled in a process of its own. */

import type { CallExplanation, ProfileExplanation, ProfileFacts } from './native.ts'
import type { ProfileDocument } from './profile-text.ts'
import { jsonOf } from './profile-source.ts'
import { workApart } from './profile-work.ts'

export type {
  AbiExplanation,
  CallCase,
  CallExplanation,
  CallWay,
  ProfileExplanation,
  RulePlace,
  VerdictCalls,
} from './native.ts'

export interface ExplainOptions {
  /** What the conditions of rules are compared with. @default what this host and this process have */
  facts?: ProfileFacts
  /** Only this ABI: `x86_64`, `i386`, `x32`, `aarch64`, `arm`. @default those whose calls the profile judges */
  abi?: string
  /** Who loads it: runc answers numbers above all that the profile names with ENOSYS. @default nobody: the program alone */
  runtime?: 'runc' | 'crun'
}

export interface CallOptions extends ExplainOptions {
  /** Arguments; text as strace prints it (`0x10`, `0644`, `-1`), `_` or a missing one for any value. @default [] */
  args?: readonly (bigint | number | string)[]
}

/** What the profile does to all calls that have a name. */
export async function explain(
  { text }: ProfileDocument,
  { facts = {}, abi, runtime }: ExplainOptions = {},
): Promise<ProfileExplanation> {
  return workApart('explainProfile', jsonOf(text), abi, runtime, facts)
}

/** What the profile does to one call, `syscall_600` for a number, and which rule says so. */
export async function explainCall(
  { text }: ProfileDocument,
  syscall: string,
  { facts = {}, abi, runtime, args = [] }: CallOptions = {},
): Promise<CallExplanation> {
  return workApart('explainCall', jsonOf(text), syscall, args.map(String), abi, runtime, facts)
}
