/** The reports of a verification: for people, and for CI systems. */

import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import test from 'ava'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatJunit } from '../../ts/report/junit.ts'
import { toSarif } from '../../ts/report/sarif.ts'
import { describeDenied, summarizeVerification } from '../../ts/report/verify.ts'
import { escapeXml } from '../../ts/report/xml.ts'
import type { DeniedCall, Verification } from '../../ts/verification.ts'
import { start } from '../helpers/child.ts'
import { projectRoot } from '../helpers/project.ts'

const call = (syscall: string, standing: DeniedCall['standing'] = 'new', count = 1): DeniedCall => ({
  syscall,
  abi: 'x86_64',
  number: 83,
  verdict: 'EPERM',
  count,
  standing,
})
const verification = (denied: DeniedCall[], more: Partial<Verification> = {}): Verification => ({
  exitCode: 0,
  signal: null,
  reason: null,
  warnings: [],
  startedAt: '2026-01-01T00:00:00.250Z',
  finishedAt: '2026-01-01T00:00:01.500Z',
  denied,
  passed: false,
  unused: [],
  ...more,
})
const HOSTILE = '<a b="c">&\u0000\u001b[2J\ud800\n\u{1f600}]]>'
const SUBJECT = { profile: 'pro file/p%.json', isFile: true, command: ['sh', '-c', HOSTILE], version: '1.2.3' }
const ALL = [call('chroot', 'new', 2), call('clone3', 'probe'), call('mkdir', 'accepted')]

test('people get a line for each call, and one that says it all', t => {
  t.is(
    describeDenied(ALL),
    'CALL    ABI     VERDICT  COUNT\n' +
      'chroot  x86_64  EPERM    2\n' +
      'clone3  x86_64  EPERM    1      asked by a C library\n' +
      'mkdir   x86_64  EPERM    1      accepted by the baseline\n',
  )
  t.deepEqual(summarizeVerification(verification(ALL)), ['denied: chroot (2x)'])
  t.is(describeDenied([]), '')
  t.deepEqual(summarizeVerification(verification([])), ['no call was made that the profile denies'])
  t.deepEqual(summarizeVerification(verification([call('mkdir', 'accepted')])), [
    'no call was made that the profile denies and that is not accepted',
  ])
})

test('a command that failed, and a baseline that accepts too much, are told', t => {
  const unused = [{ syscall: 'gone', abi: 'i386' }]
  t.deepEqual(summarizeVerification(verification([], { exitCode: 143, signal: 'SIGTERM', unused })), [
    'the command was ended by SIGTERM, so this is only what it called until then',
    'no call was made that the profile denies',
    'the baseline accepts gone (i386), which was not called',
  ])
})

test('text of a target is escaped, and what XML cannot hold is left out', t => {
  t.is(escapeXml(HOSTILE), '&lt;a b=&quot;c&quot;&gt;&amp;[2J&#10;\u{1f600}]]&gt;')
  t.is(escapeXml('\u007f\ufffe\uffff\ufffd'), '\u007f\ufffd')
})

/** By another's parser: `[tag, attributes, children]`. */
async function parseXml(text: string): Promise<unknown> {
  const script = `import sys, json, xml.etree.ElementTree as tree
show = lambda e: [e.tag, e.attrib, [show(child) for child in e]]
print(json.dumps(show(tree.fromstring(sys.stdin.buffer.read()))))`
  const child = start('python3', ['-c', script], { input: 'pipe' })
  child.process.stdin?.end(text)
  const { code, stdout, stderr } = await child.finished
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as unknown
}

test('JUnit has a case for the command and one for each call', async t => {
  const [root, totals, [suite]] = (await parseXml(formatJunit(verification(ALL), SUBJECT))) as [
    string,
    Record<string, string>,
    [[string, Record<string, string>, [string, Record<string, string>, [string, Record<string, string>][]][]]],
  ]
  t.is(root, 'testsuites')
  t.like(totals, { tests: '4', failures: '1', errors: '0', time: '1.250' })
  const [name, attributes, cases] = suite
  t.is(name, 'testsuite')
  t.like(attributes, { tests: '4', failures: '1', skipped: '2', timestamp: '2026-01-01T00:00:00' })
  t.deepEqual(
    cases.map(([tag, { name: title }, [outcome]]) => [tag, title, outcome?.[0]]),
    [
      ['testcase', 'sh -c <a b="c">&[2J\n\u{1f600}]]>', undefined],
      ['testcase', 'chroot (x86_64)', 'failure'],
      ['testcase', 'clone3 (x86_64)', 'skipped'],
      ['testcase', 'mkdir (x86_64)', 'skipped'],
    ],
  )
  t.is(cases[1]?.[2][0]?.[1]['message'], 'chroot (x86_64) is denied by the profile with EPERM, and was called 2 times')
})

test('a command that failed is a failure in JUnit', async t => {
  const text = formatJunit(verification([], { exitCode: 7 }), SUBJECT)
  const found = JSON.stringify(await parseXml(text))
  t.regex(found, /"failures": ?"1"/)
  t.regex(found, /the command ended with 7/)
})

interface Sarif {
  version: string
  runs: {
    tool: { driver: { name: string; version: string; rules: { id: string }[] } }
    invocations: { executionSuccessful: boolean; exitCode: number; exitSignalName?: string }[]
    results: {
      ruleId: string
      ruleIndex: number
      level: string
      message: { text: string }
      locations?: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[]
      suppressions?: { kind: string }[]
      occurrenceCount: number
      partialFingerprints: Record<string, string>
    }[]
  }[]
}

test('SARIF has a result for each call, at the file of the profile', t => {
  const { version, runs } = toSarif(verification(ALL, { exitCode: 143, signal: 'SIGTERM' }), SUBJECT) as Sarif
  t.is(version, '2.1.0')
  const [run] = runs
  t.like(run?.tool.driver, { name: 'seccomp-notifyd', version: '1.2.3' })
  t.like(run?.invocations[0], { executionSuccessful: false, exitCode: 143, exitSignalName: 'SIGTERM' })
  const results = run?.results ?? []
  t.deepEqual(
    results.map(({ level, occurrenceCount, suppressions }) => [level, occurrenceCount, suppressions?.[0]?.kind]),
    [
      ['error', 2, undefined],
      ['note', 1, undefined],
      ['error', 1, 'external'],
    ],
  )
  for (const { ruleId, ruleIndex, locations } of results) {
    t.is(run?.tool.driver.rules[ruleIndex]?.id, ruleId)
    t.is(locations?.[0]?.physicalLocation.artifactLocation.uri, 'pro%20file/p%25.json')
  }
  t.is(new Set(results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints))).size, 3)
})

test('without a file SARIF has no location', t => {
  const { runs } = toSarif(verification(ALL), { ...SUBJECT, profile: 'runtime-default', isFile: false }) as Sarif
  t.true(runs[0]?.results.every(({ locations }) => locations === undefined))
})

const schema = JSON.parse(
  readFileSync(join(projectRoot, '__test__/fixtures/sarif/sarif-schema-2.1.0.json'), 'utf8'),
) as object

test('SARIF is what its schema demands, whatever was denied and whoever said so', t => {
  const ajv = new Ajv({ strict: false, unicodeRegExp: false })
  formats.default(ajv)
  const isSarif = ajv.compile(schema)
  const detail = {
    missing: null,
    pid: 7,
    comm: HOSTILE,
    exe: null,
    cmdline: [HOSTILE],
    cwd: null,
    args: [HOSTILE],
    site: null,
  }
  const told = { ...call(HOSTILE), registers: [['0x1']], detail: { ...detail, frames: [], framesEnd: null } }
  const verifications = [
    verification([]),
    verification([...ALL, told]),
    verification(ALL, { exitCode: 143, signal: 'X' }),
  ]
  const subjects = [SUBJECT, { ...SUBJECT, profile: `/etc/a b/${HOSTILE}` }, { ...SUBJECT, isFile: false }]
  for (const each of verifications) {
    for (const subject of subjects) {
      const log = JSON.parse(JSON.stringify(toSarif(each, subject))) as { runs: { results: object[] }[] }
      t.true(isSarif(log), JSON.stringify(isSarif.errors))
      t.is(log.runs[0]?.results.length, each.denied.length)
    }
  }
  const [run] = (toSarif(verification(ALL), SUBJECT) as Sarif).runs
  t.false(isSarif({ version: '2.1.0', runs: [{ ...run, tool: {} }] }), 'the schema refuses something')
})

test('people are told who made a call that is new, and with what, where that was read', t => {
  const detail = {
    missing: null,
    pid: 7,
    comm: 'sh',
    exe: '/bin/sh',
    cmdline: ['sh'],
    cwd: '/',
    site: null,
    frames: [],
    framesEnd: null,
  }
  const told = (missing: 'failed' | null) => ({ ...call('chroot'), detail: { ...detail, missing, args: ['"/x"'] } })
  t.is(describeDenied([told(null)]).split('\n')[2], 'chroot("/x")  sh (pid 7, /bin/sh): sh')
  t.is(describeDenied([told('failed')]).split('\n')[2], '')
  t.is(describeDenied([{ ...told(null), standing: 'accepted' }]).split('\n')[2], '')
})
