/** A container as its watchers have it: what it is made of, and how that changes. */

import type { CallTable } from './calls.ts'
import { clip } from './clip.ts'
import type { Policy } from './config/schema.ts'
import type { ContainerState, Incident, Told } from './container-view.ts'
import type { OpenIncident } from './debounce.ts'
import { UNKNOWN_ORIGIN, type Identity, type Origin } from './identity.ts'
import { createDetails, type Details } from './details.ts'
import type { InitProcess } from './native.ts'
import { createRecentCalls, type RecentCalls } from './recent-calls.ts'

/** Where each setting comes from: `annotation seccomp-notifyd.io/action`, `metadata`, `configuration`. */
export type PolicySources = Record<keyof Policy, string>

/** Source of a setting that an operator has changed while the container ran. */
export const BY_REQUEST = 'request'

/** What a running incarnation is made of; the registry owns it, whoever watches it fills in what becomes of it. */
export interface Container {
  readonly key: string
  readonly id: string
  name: string
  workload: string
  origin: Origin
  /** False while the engine's files are still looked through: name and origin are those of the hand-over. */
  isNamed: boolean
  readonly bundle: string
  readonly init: InitProcess | null
  /** False where a call came from outside of the container that the hand-over names: it is never stopped. */
  verified: boolean
  state: ContainerState
  policy: Policy
  /** Of action and answer, in one line. */
  policySource: string
  policySources: PolicySources
  /** What its calls are recorded under, where they are. */
  readonly recording: string | null
  openIncident: OpenIncident | null
  readonly listeners: Set<number>
  /** Those that the service manager holds as well, by the names that it has for them. */
  readonly kept: Map<number, string>
  readonly calls: CallTable
  readonly details: Details
  readonly recentCalls: RecentCalls
  warnings: string[]
  /** Monotonic, as all `…Ms` here. */
  readonly startedAtMs: number
  finishedAtMs: number | null
  exitCode: number | null
  reason: string | null
  message: string | null
  told: Told[]
  incidents: Incident[]
  incidentsTotal: number
}

/** Who a container is and how it is treated, before it has a record. */
export interface Described {
  id: string
  name: string
  workload: string
  /** Where it is not told, nothing is known. */
  origin?: Origin | undefined
  bundle: string
  init: InitProcess | null
  /** Why there is no process to stop. */
  initProblem?: string | undefined
  /** The runtime is creating it: never one that is known already. */
  creating: boolean
  policy: Policy
  policySource: string
  /** Where it is not told, everything comes from `policySource`. */
  policySources?: PolicySources | undefined
  recording?: string | undefined
  warnings: string[]
  /** Who it is by its engine's files; where there is none, its hand-over has told everything. */
  lookUp?: (() => Promise<Identity>) | undefined
}

export type Ending = 'exited' | 'unsupervised'

export const MAX_ID_CHARS = 256
const MAX_BUNDLE_CHARS = 1024
const MAX_WARNINGS = 20
const MAX_WARNING_CHARS = 400
const MAX_INCIDENTS = 50

export const UNSUPERVISED_MESSAGE =
  'the daemon that watched this container is gone: calls that its profile denies now fail with ENOSYS and are not counted; restart the container'

export function newContainer(key: string, described: Described, calls: CallTable, atMs: number): Container {
  const { name, workload, origin = UNKNOWN_ORIGIN, init, policy, policySource: source } = described
  return {
    key,
    id: clip(described.id, MAX_ID_CHARS),
    bundle: clip(described.bundle, MAX_BUNDLE_CHARS),
    name,
    workload,
    origin,
    isNamed: true,
    init,
    policy,
    policySource: source,
    policySources:
      described.policySources ??
      (Object.fromEntries(Object.keys(policy).map(setting => [setting, source])) as PolicySources),
    recording: described.recording ?? null,
    openIncident: null,
    calls,
    details: createDetails(),
    recentCalls: createRecentCalls(),
    verified: true,
    state: 'running',
    listeners: new Set(),
    kept: new Map(),
    warnings: [],
    startedAtMs: atMs,
    finishedAtMs: null,
    exitCode: null,
    reason: null,
    message: null,
    told: [],
    incidents: [],
    incidentsTotal: 0,
  }
}

/** The engine's files have been looked through. */
export function rename(container: Container, { name, workload, origin }: Identity): void {
  Object.assign(container, { name, workload, origin, isNamed: true })
}

export function warn(container: Container, warning: string): void {
  const text = clip(warning, MAX_WARNING_CHARS)
  if (container.warnings.length < MAX_WARNINGS && !container.warnings.includes(text)) container.warnings.push(text)
}

export function addIncident(container: Container, incident: Incident): void {
  container.incidents = [...container.incidents, incident].slice(-MAX_INCIDENTS)
  container.incidentsTotal += 1
}

/** A stop in progress has the last word on how the container ended. */
export function end(container: Container, ending: Ending, atMs: number): void {
  container.finishedAtMs ??= atMs
  if (container.state !== 'running') return
  container.state = ending
  if (ending === 'unsupervised') container.message = UNSUPERVISED_MESSAGE
}
