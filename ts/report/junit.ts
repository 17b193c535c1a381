/** PURE: a verification as JUnit XML, as Jenkins, GitLab and others read it: a test case for the command, and one for each call. */

import type { DeniedCall, Verification } from '../verification.ts'
import type { Subject } from './subject.ts'
import { element } from './xml.ts'

const SUITE = 'seccomp-notifyd verify'

export function formatJunit(verification: Verification, subject: Subject): string {
  const { denied, exitCode, startedAt, finishedAt } = verification
  const failures = denied.filter(({ standing }) => standing === 'new').length + (exitCode === 0 ? 0 : 1)
  const skipped = denied.filter(({ standing }) => standing !== 'new').length
  const time = ((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000).toFixed(3)
  const counts = { tests: denied.length + 1, failures, errors: 0, skipped, time }
  const cases = [commandCase(verification, subject, time), ...denied.map(call => callCase(call, subject))]
  const suite = element('testsuite', { name: SUITE, ...counts, timestamp: startedAt.replace(/\.\d+Z$/, '') }, cases)
  const { skipped: _, ...total } = counts
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: SUITE, ...total }, [suite])}\n`
}

function commandCase({ exitCode, signal }: Verification, { command, profile }: Subject, time: string): string {
  const attributes = { name: command.join(' '), classname: profile, time }
  if (exitCode === 0) return element('testcase', attributes)
  const message = signal === null ? `ended with ${exitCode}` : `was ended by ${signal}`
  return element('testcase', attributes, [element('failure', { type: 'command', message: `the command ${message}` })])
}

function callCase(call: DeniedCall, { profile }: Subject): string {
  const { syscall, abi, verdict, count, standing } = call
  const attributes = { name: `${syscall} (${abi})`, classname: profile, time: 0 }
  const message = `${syscall} (${abi}) is denied by the profile with ${verdict}, and was called ${count} times`
  const outcome = standing === 'new' ? element('failure', { type: verdict, message }) : element('skipped', { message })
  return element('testcase', attributes, [outcome])
}
