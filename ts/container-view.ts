/** PURE: a container as it is shown, in `describe`, over HTTP, to subscribers and in the history. */

import type { CallRow } from './calls.ts'
import type { Policy } from './config/schema.ts'
import type { Container, PolicySources } from './containers.ts'
import type { Origin } from './identity.ts'
import type { CallDetail, CallSite } from './detail.ts'
import type { RecentCallsView } from './recent-calls.ts'

export type ContainerState = 'running' | 'stopping' | 'stopped' | 'exited' | 'unsupervised'

/** One call as counted: (ABI, number, verdict, phase). */
export interface CallCount {
  /** Name as in the profile; `syscall_600` where there is none. */
  syscall: string
  /** `x86_64`, `i386`, `x32`, `aarch64`, `arm`. */
  abi: string
  number: number
  /** What the original profile says: `EPERM`, `allow`, `kill_process`, `kill_thread`, or `notify` where it is not known. */
  verdict: string
  /** `init`: made by the runtime before the user's program was executed. */
  phase: 'init' | 'run'
  count: number
  firstAt: string
  lastAt: string
  /** Arguments of the first ones that were looked at, as the registers had them, in hexadecimal; the same ones once. */
  registers?: string[][]
  /** Who made such a call and with what: the last of the first ones, where it was looked at. Untrusted. */
  detail?: CallDetail
  /** The places in the code where it was made, as far as they were found; left out where none was. */
  sites?: CallSite[]
}

/** A container's forbidden calls from the first to the end of the debounce. */
export interface Incident {
  startedAt: string
  endedAt: string
  /** `Used forbidden syscalls: chroot (2x), swapoff (2x)` */
  message: string
  outcome: 'stopped' | 'logged' | 'stop failed' | 'latched'
}

/** How a container is treated, with where the settings that can differ from the configuration come from. */
export interface PolicyView extends Policy {
  sources: PolicySources
}

/** A place where the message was to be written before a stop. */
export interface Told {
  /** The container's standard error, or the kubelet's termination message. */
  place: 'stderr' | 'termination-file'
  /** Why it is not there; null where it is. */
  problem: string | null
}

/** Forbidden calls whose debounce still runs. */
export interface OpenIncidentView {
  startedAt: string
  /** When it ends if no other forbidden call comes. */
  dueAt: string
}

/** One incarnation as shown by `describe` and `/v1/containers/:id`, and kept in the history. */
export interface ContainerView extends Origin {
  /** Ours, unique per incarnation, safe in a path and URL. */
  key: string
  /** The runtime's id; hostile text. */
  id: string
  /** As its engine calls it; else the id. */
  name: string
  state: ContainerState
  action: 'log' | 'stop'
  answer: string
  /** Where action and answer come from: `annotation seccomp-notifyd.io/action`, `metadata`, `configuration`, ... */
  policySource: string
  /** Null of a container that an older version has remembered. */
  policy: PolicyView | null
  /** What its calls are recorded under, where they are. */
  recording: string | null
  bundle: string
  initPid: number | null
  listeners: number
  startedAt: string
  finishedAt: string | null
  exitCode: number | null
  /** `seccomp killed` */
  reason: string | null
  message: string | null
  /** Where a stop has written the message beforehand. */
  told: Told[]
  calls: CallCount[]
  /** Null where no forbidden call was seen since the daemon started. */
  recentCalls: RecentCallsView | null
  /** The newest; `incidentsTotal` counts all. */
  incidents: Incident[]
  incidentsTotal: number
  openIncident: OpenIncidentView | null
  /** It runs, and goes on being watched when the daemon is restarted: its listeners are kept by the service manager. */
  survivesRestart: boolean
  warnings: string[]
}

/** What is shown of it. `toTime` turns monotonic milliseconds into a date. */
export function viewOf(container: Container, toTime: (atMs: number) => string): ContainerView {
  const { key, id, name, origin, state, policy, policySource, bundle, exitCode, reason, message } = container
  return {
    key,
    id,
    name,
    ...origin,
    state,
    action: policy.action,
    answer: policy.answer,
    policySource,
    policy: { ...policy, sources: container.policySources },
    recording: container.recording,
    bundle,
    initPid: container.init?.pid ?? null,
    listeners: container.listeners.size,
    startedAt: toTime(container.startedAtMs),
    finishedAt: container.finishedAtMs === null ? null : toTime(container.finishedAtMs),
    exitCode,
    reason,
    message,
    told: [...container.told],
    calls: container.calls.rows().map(row => callView(row, container, toTime)),
    recentCalls: container.recentCalls.view(toTime),
    incidents: [...container.incidents],
    incidentsTotal: container.incidentsTotal,
    openIncident: openIncidentView(container, toTime),
    survivesRestart: container.listeners.size > 0 && container.kept.size === container.listeners.size,
    warnings: [...container.warnings],
  }
}

function openIncidentView({ openIncident }: Container, toTime: (atMs: number) => string): OpenIncidentView | null {
  return openIncident && { startedAt: toTime(openIncident.sinceMs), dueAt: toTime(openIncident.dueMs) }
}

function callView(row: CallRow, { details }: Container, toTime: (atMs: number) => string): CallCount {
  const { key, firstAtMs, lastAtMs, ...counted } = row
  const detail = details.of(key)
  const view = { ...counted, firstAt: toTime(firstAtMs), lastAt: toTime(lastAtMs) }
  if (detail === undefined) return view
  const registers = details.registersOf(key)
  const sites = details.sitesOf(key, row.count)
  return { ...view, ...(registers.length > 0 && { registers }), detail, ...(sites.length > 0 && { sites }) }
}
