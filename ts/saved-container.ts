/** PURE: what the next daemon has to know of a container to go on with its entry, and what that comes to. */

import type { CallRow } from './calls.ts'
import type { Policy } from './config/schema.ts'
import type { Incident } from './container-view.ts'
import { BY_REQUEST, type Container, type Described } from './containers.ts'
import { describeSources } from './policy.ts'
import type { SavedWatch } from './watch.ts'

type Requested = Partial<Policy>

export interface SavedContainer {
  v: 1
  key: string
  id: string
  name: string
  workload: string
  bundle: string
  init: Container['init']
  verified: boolean
  /** What an operator asked for; all else follows from the hand-over and the configuration. */
  requested: Requested
  warnings: string[]
  message: string | null
  startedAtMs: number
  calls: CallRow[]
  incidents: Incident[]
  incidentsTotal: number
  watch: SavedWatch | null
  /** Names in the service manager's store. */
  listeners: string[]
}

export function toSaved(container: Container, watch: SavedWatch | null): SavedContainer {
  const { key, id, name, workload, bundle, init, verified, warnings, message } = container
  const { startedAtMs, incidents, incidentsTotal, calls, policy, policySources, kept } = container
  const asked = Object.entries(policySources).filter(([, source]) => source === BY_REQUEST)
  const requested: Requested = Object.fromEntries(asked.map(([setting]) => [setting, policy[setting as keyof Policy]]))
  const told = { warnings, message, startedAtMs, calls: calls.rows(), incidents, incidentsTotal, watch }
  return { v: 1, key, id, name, workload, bundle, init, verified, requested, ...told, listeners: [...kept.values()] }
}

/** As its hand-over and the configuration say now, and as an operator asked for since. */
export function describeSaved(saved: SavedContainer, described: Described): Described {
  const { id, name, workload, bundle, init, requested } = saved
  const same = { ...described, id, name, workload, bundle, init }
  const { policySources: sources } = described
  if (sources === undefined || Object.keys(requested).length === 0) return same
  const asked = Object.fromEntries(Object.keys(requested).map(setting => [setting, BY_REQUEST]))
  const policySources = { ...sources, ...asked }
  const policy = { ...described.policy, ...requested }
  return { ...same, policy, policySources, policySource: describeSources(policySources) }
}
