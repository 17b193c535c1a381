/** PURE: a verification for people, one line for each denied call. */

import type { DeniedCall, Verification } from '../verification.ts'
import { describeAllCallers } from './callers.ts'
import { escapeText, formatTable } from './format.ts'

const STANDINGS = { new: '', accepted: 'accepted by the baseline', probe: 'asked by a C library' }

/** The table of all that was denied, and who makes the calls that are new, with what and where; nothing where nothing was. */
export function describeDenied(denied: readonly DeniedCall[]): string {
  if (denied.length === 0) return ''
  const rows = denied.map(({ syscall, abi, verdict, count, standing }) =>
    [syscall, abi, verdict, `${count}`, STANDINGS[standing]].map(cell => escapeText(cell)),
  )
  const callers = describeAllCallers(denied.filter(({ standing }) => standing === 'new'))
  return [formatTable(['CALL', 'ABI', 'VERDICT', 'COUNT', ''], rows), ...callers.map(line => `${line}\n`)].join('')
}

/** `2 denied calls are not in the profile` */
export function summarizeVerification({ denied, unused, exitCode, signal }: Verification): string[] {
  const found = denied.filter(({ standing }) => standing === 'new')
  const ended = signal === null ? `ended with ${exitCode}` : `was ended by ${signal}`
  return [
    ...(exitCode === 0 ? [] : [`the command ${ended}, so this is only what it called until then`]),
    found.length === 0 ? 'no call was made that the profile denies' + others(denied) : `denied: ${listed(found)}`,
    ...unused.map(({ syscall, abi }) => `the baseline accepts ${syscall} (${abi}), which was not called`),
  ]
}

function others({ length }: readonly DeniedCall[]): string {
  return length === 0 ? '' : ` and that is not accepted`
}

function listed(calls: readonly DeniedCall[]): string {
  return calls.map(({ syscall, count }) => `${syscall} (${count}x)`).join(', ')
}
