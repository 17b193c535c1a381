/** PURE: what a profile does to calls, in words. */

import type { CallExplanation, CallWay, ProfileExplanation, RulePlace, UnusedRule, UsedFacts } from '../native.ts'
import { escapeText, formatTable } from './format.ts'

type Case = CallWay['cases'][number]

const LINE_CHARS = 100
const FORMATS = {
  oci: 'a profile of the OCI runtime specification',
  docker: "a profile in Docker's format",
  'containers-common': "a profile in Podman's and CRI-O's format",
}

/** One row for each way to make the call and each verdict, then what else is to be known. */
export function describeCall(found: CallExplanation): string {
  const always = found.args.length === 0 ? 'always' : 'for these arguments'
  const rows = found.ways.flatMap(way => rowsOf(way, always))
  const notes = [...found.ways.flatMap(way => notesOf(found.syscall, way)), ...found.unused.map(unused)]
  const table = formatTable(['ABI', 'NUMBER', 'VERDICT', 'WHERE', 'WHY'], rows)
  return [`${callOf(found)} under ${setting(found)}`, '', table + notes.map(line).join('')].join('\n')
}

/** The default, how many calls meet which verdict, and their names. */
export function describeProfile(found: ProfileExplanation): string {
  const groups = found.abis.flatMap(({ abi, verdicts, conditional }) => [
    ...verdicts.map(({ verdict, syscalls }) => ({ abi, verdict, syscalls })),
    ...(conditional.length === 0 ? [] : [{ abi, verdict: 'by arguments', syscalls: conditional }]),
  ])
  const rows = groups.map(({ abi, verdict, syscalls }) => [abi, verdict, String(syscalls.length)])
  const lists = groups.map(({ abi, verdict, syscalls }) => `\n${abi}, ${verdict}:\n${wrap(syscalls)}`)
  const table = formatTable(['ABI', 'VERDICT', 'CALLS'], rows)
  const leftOut = found.leftOut.map(unused).map(line)
  const heading = `${setting(found)}\ndefault action: ${found.defaultVerdict}\n\n`
  return [heading, table, ...(leftOut.length === 0 ? [] : ['\n', ...leftOut]), ...lists].join('')
}

function setting({ format, facts }: { format: keyof typeof FORMATS; facts: UsedFacts }): string {
  // Only the engines' formats have conditions.
  return format === 'oci' ? FORMATS.oci : `${FORMATS[format]}, taken for ${host(facts)}`
}

function host({ architecture, kernel, capabilities }: UsedFacts): string {
  const release = kernel === undefined ? 'an unknown kernel' : `Linux ${kernel}`
  return `${architecture}, ${release} and ${count(capabilities.length)}`
}

function count(capabilities: number): string {
  return capabilities === 1 ? '1 capability' : `${capabilities || 'no'} capabilities`
}

function callOf({ syscall, args }: CallExplanation): string {
  return escapeText(args.length === 0 ? syscall : `${syscall}(${args.join(', ')})`)
}

function rowsOf(way: CallWay, always: string): string[][] {
  if (way.number === undefined) return [[way.abi, '-', '-', '-', 'this ABI has no such call']]
  return way.cases.map(each => [way.abi, numberOf(way), each.verdict, whereOf(each, way, always), whyOf(each)])
}

function numberOf({ number, carrier }: CallWay): string {
  return carrier === undefined ? String(number) : `${number} (${carrier})`
}

function whereOf({ rule }: Case, { cases, carrier }: CallWay, always: string): string {
  if (rule !== undefined && rule.conditions.length > 0) return rule.conditions.join(' and ')
  if (cases.length > 1) return 'otherwise'
  return carrier === undefined ? always : 'always'
}

function whyOf({ reason, rule }: Case): string {
  if (rule !== undefined) return placeOf(rule)
  if (reason === 'runtime') return 'runc, before it asks the profile'
  return reason === 'default' ? 'default action' : 'the profile does not list the ABI'
}

function placeOf({ index, line: at }: RulePlace): string {
  return at === undefined ? `rule ${index}` : `rule ${index} (line ${at})`
}

function notesOf(syscall: string, { abi, cases, largestNamed }: CallWay): string[] {
  const newer = largestNamed === undefined ? [] : [newerCall(abi, largestNamed)]
  const others = cases.flatMap(each => [
    ...(each.written === undefined ? [] : [differing(syscall, abi, each, each.written)]),
    ...each.overruled.map(rule => `${abi}: ${matching(rule)} says ${rule.verdict} and is overruled by ${whyOf(each)}`),
  ])
  return [...newer, ...others]
}

function newerCall(abi: string, largest: number): string {
  return `${abi}: under runc the call fails with ENOSYS: its number is above ${largest}, the largest that the profile names`
}

function differing(syscall: string, abi: string, found: Case, written: string): string {
  const call = `${syscall}(${found.example.join(', ')})`
  return `${abi}: ${whyOf(found)} says ${written} for ${call}, but the program that libseccomp makes of the profile says ${found.verdict}`
}

function matching(rule: RulePlace): string {
  return rule.conditions.length === 0 ? placeOf(rule) : `${placeOf(rule)}, ${rule.conditions.join(' and ')},`
}

function unused({ rule, why }: UnusedRule): string {
  return `${placeOf(rule)} says ${rule.verdict} and has no effect: ${why}`
}

function line(text: string): string {
  return `${escapeText(text, Infinity)}\n`
}

function wrap(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last === undefined || last.length + name.length + 1 > LINE_CHARS) lines.push(`  ${name}`)
    else lines[lines.length - 1] = `${last} ${name}`
  }
  return lines.map(text => `${text}\n`).join('')
}
