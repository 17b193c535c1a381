/** How the addon is told to look at the first calls of each kind. */

import type { DetailSettings } from './config/schema.ts'
import { inspectorPath, type SupervisorOptions } from './native.ts'

export const detailDefaults: DetailSettings = { calls: 'first', patienceMs: 100 }

/** Nothing where it is switched off, and where the program that looks is not installed. */
export function inspectionOf(settings: Partial<DetailSettings> = {}): Pick<SupervisorOptions, 'inspection'> {
  const { calls, patienceMs } = { ...detailDefaults, ...settings }
  if (calls === 'off') return {}
  const executable = inspectorPath()
  return executable === undefined ? {} : { inspection: { executable, patienceMs } }
}
