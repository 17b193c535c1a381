/** PURE: findings as compilers print them. */

import type { ProfileFinding } from '../native.ts'
import { escapeText } from './format.ts'

/** One line for each; nothing for none. */
export function describeFindings(file: string, findings: readonly ProfileFinding[]): string {
  return findings.map(finding => `${escapeText(lineOf(file, finding), Infinity)}\n`).join('')
}

/** `2 errors, 1 warning and 3 notes`, without what there is none of. */
export function countFindings(findings: readonly ProfileFinding[]): string {
  const counts = (['error', 'warning', 'note'] as const).map(severity => count(severity, findings))
  const told = counts.filter(text => text !== undefined)
  const [last = 'no findings', ...others] = told.toReversed()
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`
}

function lineOf(file: string, { line, severity, message, code }: ProfileFinding): string {
  return `${line === undefined ? file : `${file}:${line}`}: ${severity}: ${message} [${code}]`
}

function count(severity: ProfileFinding['severity'], findings: readonly ProfileFinding[]): string | undefined {
  const { length } = findings.filter(finding => finding.severity === severity)
  return length === 0 ? undefined : `${length} ${severity}${length === 1 ? '' : 's'}`
}
