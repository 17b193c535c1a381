/** The engines and runtimes of this host: their versions, and the ways in that these have. */

import { findProgram, versionOf } from './install/host.ts'
import { PARTS, waysIn, type Part, type WaysIn } from './ways-in.ts'

export interface InstalledPart extends Partial<WaysIn> {
  part: Part
  program: string
  /** Missing where it could not be read. */
  version?: string
}

const PROGRAMS: Partial<Record<Part, string>> = { docker: 'dockerd' }

/** Those that are installed. */
export async function installedParts(): Promise<InstalledPart[]> {
  const found = await Promise.all(PARTS.map(installedPart))
  return found.filter(part => part !== undefined)
}

async function installedPart(part: Part): Promise<InstalledPart | undefined> {
  const program = findProgram(PROGRAMS[part] ?? part)
  if (program === undefined) return undefined
  const version = await versionOf(program)
  if (version === undefined) return { part, program }
  return { part, program, version: version.join('.'), ...waysIn(part, version) }
}
