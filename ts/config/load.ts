/** File and flags to one frozen configuration; every error names where the value comes from. */

import { existsSync, readFileSync } from 'node:fs'
import * as v from 'valibot'
import { NotifydError } from '../errors.ts'
import { contradictions } from './contradictions.ts'
import { defaultPaths, systemConfigFile, type Surroundings } from './default-paths.ts'
import { parseConfigText, type ParsedDocument } from './document.ts'
import { isMapping } from './kinds.ts'
import { configSchema, type Config, type ConfigInput } from './schema.ts'

/** A value given on the command line; it wins over the file. */
export interface Override {
  /** `policy.action` */
  setting: string
  /** `--action`, named in errors. */
  flag: string
  value: unknown
}

export interface LoadOptions {
  /** Without it the system's file is read if there is one. */
  file?: string | undefined
  overrides?: readonly Override[]
  surroundings?: Surroundings
}

interface Problem {
  path: (string | number)[]
  part: 'key' | 'value'
  text: string
}

type Checked = { config: Config; problems: [] } | { config?: undefined; problems: Problem[] }

const mostBytes = 1024 * 1024
/** A file that is no configuration at all has a problem on every line. */
const mostLines = 10

/** Reads the configuration file, puts the flags over it, checks everything. ERR_USAGE: only flags are wrong. */
export function loadConfig({ file, overrides = [], surroundings = ours() }: LoadOptions): Config {
  const path = file ?? (existsSync(systemConfigFile) ? systemConfigFile : undefined)
  const document = path === undefined ? undefined : readDocument(path)
  const { config, problems } = check(overlay(document?.value ?? {}, overrides), surroundings)
  if (config !== undefined) return config
  const lines = problems.map(problem => sourced(problem, overrides, path, document))
  const texts = lines.toSorted((a, b) => a.line - b.line).map(({ text }) => text)
  throw invalid(texts, problems.every(problem => flagOf(problem, overrides) !== undefined) ? 'ERR_USAGE' : 'ERR_CONFIG')
}

/** Checks a configuration given as an object, as for createDaemon() in a program of one's own. */
export function parseConfig(input: ConfigInput, surroundings: Surroundings = ours()): Config {
  const { config, problems } = check(input, surroundings)
  if (config !== undefined) return config
  throw invalid(problems.map(named))
}

function ours(): Surroundings {
  return { uid: process.geteuid?.() ?? 0, env: process.env }
}

function readDocument(path: string): ParsedDocument {
  const document = parseConfigText(readText(path))
  if (document.problems.length === 0) return document
  throw invalid(document.problems.map(({ line, column, text }) => `${path}:${line}:${column}: ${text}`))
}

function readText(path: string): string {
  const text = readBytes(path)
  if (text.length > mostBytes) throw invalid([`${path}: has ${text.length} bytes; the most is ${mostBytes}`])
  return text.toString('utf8')
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new NotifydError('ERR_CONFIG', `could not read the configuration file ${path}`, { cause })
  }
}

/** Sets the flags' values in a copy; a section that is no mapping is left for the check to refuse. */
function overlay(value: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((whole, { setting, value: given }) => assign(whole, setting.split('.'), given), value)
}

function assign(value: unknown, [key, ...rest]: readonly string[], given: unknown): unknown {
  if (key === undefined) return given
  if (value !== undefined && !isMapping(value)) return value
  return { ...value, [key]: assign(value?.[key], rest, given) }
}

function check(value: unknown, surroundings: Surroundings): Checked {
  const result = v.safeParse(configSchema(defaultPaths(surroundings)), value)
  if (!result.success) return { problems: result.issues.map(toProblem) }
  const config: Config = result.output
  const contradicting = contradictions(config).map(found => ({ ...found, part: 'value' as const }))
  return contradicting.length > 0 ? { problems: contradicting } : { config: freeze(config), problems: [] }
}

function toProblem(issue: v.BaseIssue<unknown>): Problem {
  const path = issue.path?.map(item => item.key as string | number) ?? []
  return { path, part: issue.path?.at(-1)?.origin === 'key' ? 'key' : 'value', text: issue.message }
}

interface Sourced {
  line: number
  text: string
}

function sourced(
  problem: Problem,
  flags: readonly Override[],
  file: string | undefined,
  document?: ParsedDocument,
): Sourced {
  const flag = flagOf(problem, flags)
  if (flag !== undefined) return { line: 0, text: `${flag}: ${problem.text}` }
  if (document === undefined) return { line: 0, text: named(problem) }
  const { line, column } = document.locate(problem.path, problem.part)
  return { line, text: `${file}:${line}:${column}: ${named(problem)}` }
}

function flagOf(problem: Problem, flags: readonly Override[]): string | undefined {
  const setting = dotted(problem).replace(/\[.*/, '')
  return flags.find(override => override.setting === setting)?.flag
}

function named(problem: Problem): string {
  return problem.path.length === 0 ? problem.text : `${dotted(problem)}: ${problem.text}`
}

/** `policy.ignore[2]` */
function dotted({ path }: Problem): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  )
}

function invalid(lines: string[], code: 'ERR_CONFIG' | 'ERR_USAGE' = 'ERR_CONFIG'): NotifydError {
  const more = lines.length > mostLines ? [`and ${lines.length - mostLines} more problems`] : []
  return new NotifydError(code, [...lines.slice(0, mostLines), ...more].join('\n'))
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  Object.values(value).forEach(freeze)
  return Object.freeze(value)
}
