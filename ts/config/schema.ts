/** Each setting once: type, unit, default, text. The source of docs/configuration.md. */

export interface Policy {
  action: 'log' | 'stop'
  answer: 'profile' | 'continue'
  /** Errno name for calls whose verdict is not known, `ENOSYS`. */
  errno: string
  ignore: string[]
  probes: 'ignore' | 'count'
  debounceMs: number
  maxDelayMs: number
}

export interface Config {
  listener: { socket: string; handoverTimeoutMs: number; maxListeners: number | null }
  http: { address: string | null; socket: string }
  stateDir: string
  policy: Policy
  /** In which ways a container's own annotation or metadata may be laxer than `policy`. */
  containersMay: ('log' | 'ignore' | 'debounce' | 'continue')[]
  /** After `stops` stops of one workload within `withinMs`, it is only logged. */
  storm: { stops: number; withinMs: number }
  metrics: { crioForm: 'syscalls' | 'syscall'; retentionMs: number; maxSyscalls: number; maxContainers: number }
  history: { maxContainers: number }
  log: { level: 'debug' | 'info' | 'warn' | 'error' | 'silent' }
}
