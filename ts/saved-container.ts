/** PURE: what the next daemon has to know of a container to go on with its entry, as text and back. */

import * as v from 'valibot'
import type { CallRow } from './calls.ts'
import type { Policy } from './config/schema.ts'
import type { Incident } from './container-view.ts'
import { BY_REQUEST, type Container, type Described } from './containers.ts'
import { describeSources } from './policy.ts'
import type { SavedWatch } from './watch.ts'

const text = v.string()
const whole = v.pipe(v.number(), v.integer(), v.minValue(0))
const at = v.pipe(v.number(), v.finite(), v.minValue(0))

const savedSchema = v.strictObject({
  v: v.literal(1),
  key: v.pipe(text, v.regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/)),
  id: text,
  name: text,
  workload: text,
  bundle: text,
  init: v.nullable(v.strictObject({ pid: whole, startTicks: whole })),
  verified: v.boolean(),
  requested: v.strictObject({
    action: v.optional(v.picklist(['log', 'stop'])),
    answer: v.optional(v.picklist(['profile', 'continue'])),
    ignore: v.optional(v.array(text)),
    probes: v.optional(v.picklist(['ignore', 'count'])),
    debounceMs: v.optional(whole),
    maxDelayMs: v.optional(whole),
    errno: v.optional(v.pipe(text, v.regex(/^E[A-Z0-9]{1,30}$/))),
  }),
  warnings: v.array(text),
  message: v.nullable(text),
  startedAtMs: at,
  calls: v.array(
    v.strictObject({
      key: text,
      syscall: text,
      abi: text,
      number: v.pipe(v.number(), v.integer()),
      verdict: text,
      phase: v.picklist(['init', 'run']),
      count: v.pipe(whole, v.minValue(1)),
      firstAtMs: at,
      lastAtMs: at,
    }),
  ),
  incidents: v.array(
    v.strictObject({
      startedAt: text,
      endedAt: text,
      message: text,
      outcome: v.picklist(['stopped', 'logged', 'stop failed', 'latched']),
    }),
  ),
  incidentsTotal: whole,
  watch: v.nullable(
    v.strictObject({
      told: v.array(v.strictTuple([text, whole])),
      toldAtMs: at,
      span: v.nullable(v.strictObject({ firstAtMs: at, lastAtMs: at })),
      triedToStop: v.boolean(),
    }),
  ),
  listeners: v.array(text),
})

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

/** @throws Error for anything but what `toSaved` makes. */
export function parseSaved(json: string): SavedContainer {
  const result = v.safeParse(savedSchema, JSON.parse(json))
  if (result.success) return result.output as SavedContainer
  throw new Error(result.issues.map(({ message }) => message).join('; '))
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
