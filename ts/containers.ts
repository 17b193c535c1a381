/** The container registry: who is attached, what they called, what became of them. */

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
  lastAt: string
}

/** A container's forbidden calls from the first to the end of the debounce. */
export interface Incident {
  startedAt: string
  endedAt: string
  /** `Used forbidden syscalls: chroot (2x), swapoff (2x)` */
  message: string
  outcome: 'stopped' | 'logged' | 'stop failed' | 'latched'
}

/** One incarnation as shown by `describe` and `/v1/containers/:id`, and kept in the history. */
export interface ContainerView {
  /** Ours, unique per incarnation, safe in a path and URL. */
  key: string
  /** The runtime's id; hostile text. */
  id: string
  name: string
  state: ContainerState
  action: 'log' | 'stop'
  answer: string
  /** Where action and answer come from: `annotation seccomp-notifyd.io/action`, `metadata`, `configuration`, ... */
  policySource: string
  bundle: string
  initPid: number | null
  listeners: number
  startedAt: string
  finishedAt: string | null
  exitCode: number | null
  /** `seccomp killed` */
  reason: string | null
  message: string | null
  calls: CallCount[]
  /** The newest; `incidentsTotal` counts all. */
  incidents: Incident[]
  incidentsTotal: number
  warnings: string[]
}
