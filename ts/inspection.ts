/** How the addon is told to look at the first calls of each kind. */

import type { DetailSettings } from './config/schema.ts'
import { inspectorPath, type SupervisorOptions } from './native.ts'

export const detailDefaults: DetailSettings = { calls: 'first', patienceMs: 100, backtraces: true }

/** The first time that a program is seen its debug information is parsed. */
const BACKTRACE_PATIENCE_MS = 5000

/** Nothing where it is switched off, and where the program that looks is not installed. */
export function inspectionOf(settings: Partial<DetailSettings> = {}): Pick<SupervisorOptions, 'inspection'> {
  const { calls, patienceMs, backtraces } = { ...detailDefaults, ...settings }
  if (calls === 'off') return {}
  const executable = inspectorPath()
  if (executable === undefined) return {}
  const longest = backtraces ? Math.max(patienceMs, BACKTRACE_PATIENCE_MS) : patienceMs
  return { inspection: { executable, patienceMs: longest, backtraces } }
}
