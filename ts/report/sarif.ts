/** PURE: a verification as SARIF 2.1.0, as GitHub's code scanning and others read it. */

import type { DeniedCall, Verification } from '../verification.ts'
import type { Subject } from './subject.ts'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
const RULE = 'denied-call'

export function toSarif(verification: Verification, subject: Subject): object {
  const { denied } = verification
  const results = denied.map(call => result(call, subject))
  const run = { tool: { driver: driver(subject) }, invocations: [invocation(verification, subject)], results }
  return { $schema: SCHEMA, version: '2.1.0', runs: [{ ...run, columnKind: 'utf16CodeUnits' }] }
}

function driver({ version }: Subject): object {
  const rule = {
    id: RULE,
    name: 'DeniedCall',
    shortDescription: { text: 'A system call that the seccomp profile denies' },
    fullDescription: {
      text: 'The command made a system call that its seccomp profile denies. Add the call to the profile, or keep the program from making it.',
    },
    defaultConfiguration: { level: 'error' },
  }
  return { name: 'seccomp-notifyd', version, semanticVersion: version, rules: [rule] }
}

function invocation({ exitCode, signal, startedAt, finishedAt }: Verification, { command }: Subject): object {
  return {
    executionSuccessful: exitCode === 0,
    exitCode,
    ...(signal === null ? {} : { exitSignalName: signal }),
    commandLine: command.join(' '),
    startTimeUtc: startedAt,
    endTimeUtc: finishedAt,
  }
}

function result(call: DeniedCall, subject: Subject): object {
  const { syscall, abi, number, verdict, count, standing } = call
  return {
    ruleId: RULE,
    ruleIndex: 0,
    level: standing === 'probe' ? 'note' : 'error',
    message: { text: `${syscall} (${abi}) is denied by the profile with ${verdict}, and was called ${count} times.` },
    ...(subject.isFile ? { locations: [location(subject.profile)] } : {}),
    // The same call is the same finding in the next run, wherever it was made.
    partialFingerprints: { 'deniedCall/v1': `${abi}/${syscall}` },
    ...(standing === 'accepted' ? { suppressions: [{ kind: 'external', justification: 'in the baseline' }] } : {}),
    occurrenceCount: count,
    properties: { syscall, abi, number, verdict, standing },
  }
}

function location(profile: string): object {
  const wellFormed = profile.replaceAll(/\p{Surrogate}/gu, '\ufffd')
  const uri = wellFormed.split('/').map(encodeURIComponent).join('/')
  const absolute = profile.startsWith('/') ? `file://${uri}` : uri
  return { physicalLocation: { artifactLocation: { uri: absolute }, region: { startLine: 1 } } }
}
