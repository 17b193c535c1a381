/* Contract of the addon until `napi build` generates this file (same content). */

/** How the loop answers a listener, and what it does about verdicts that kill. */
export interface Answer {
  /** Let every call run (CONTINUE) and only count it. */
  continue: boolean
  /** Errno 1..4095 for calls whose verdict the profile does not tell. */
  errno: number
  /** Answer kill verdicts with ENOSYS instead of killing (policy `stop`: one run finds several calls). */
  deferKill: boolean
}
export interface SupervisorOptions {
  /** Answer of a listener whose hand-over asks for none. */
  answer: Answer
  /** Whether a container's annotation or metadata may ask for `continue`. */
  mayContinue: boolean
  /** Events that the ring holds. */
  ringEvents: number
  handoverTimeoutMs: number
  /** Most listeners at once; more are refused. Undefined: what RLIMIT_NOFILE leaves. */
  maxListeners?: number
  /** For tests: wait this long between receiving and answering. */
  testDelayUs?: number
}
/** OCI runtime-spec ContainerProcessState, as sent by the runtime; strings are hostile. */
export interface ContainerState {
  ociVersion: string
  id: string
  status: string
  pid: number
  initPid: number
  bundle: string
  annotations: Record<string, string>
  metadata?: string
}
/** The container's init process, taken at hand-over by pidfd. */
export interface InitProcess {
  pid: number
  /** Start time in clock ticks since boot; with pid it identifies the process. */
  startTicks: number
}
export interface Notice {
  /**
   * attached: a listener is served. identified: its JSON is complete (same fields). detached: it is closed.
   * refused: a hand-over was refused. membership: first call seen; member tells whether the caller belongs to the
   * container that the hand-over names. exited: the command of launch() ended. ended: nobody of its process tree is left.
   */
  kind: 'attached' | 'identified' | 'detached' | 'refused' | 'membership' | 'exited' | 'ended'
  /** CLOCK_MONOTONIC in milliseconds, the clock of process.hrtime(). */
  atMs: number
  listener?: number
  state?: ContainerState
  init?: InitProcess
  /** Why there is no init process to stop, in words. */
  initProblem?: string
  peerPid?: number
  answer?: Answer
  /** attached, identified: the hand-over carried the original profile's program. */
  hasProgram?: boolean
  /** attached, identified: something was off but served all the same, e.g. surplus descriptors, bad metadata. */
  warnings?: Array<string>
  member?: boolean
  /** refused: a code of REFUSALS; detached: hup, refused, error, closed. */
  reason?: string
  message?: string
  /** exited: exactly one of both. */
  exitCode?: number
  signal?: number
}
/** One counter of a listener. */
export interface Count {
  /** AUDIT_ARCH_* value. */
  arch: number
  number: number
  /** SECCOMP_RET_* value with data; SECCOMP_RET_USER_NOTIF where the original profile is not known. */
  verdict: number
  init: boolean
  /** Exact below 2^53. */
  count: number
  /** Monotonic milliseconds of the last one. */
  lastAtMs: number
}
export interface Stats {
  received: number
  answered: number
  /** RECV or SEND found the target gone (ENOENT), EINTR. */
  aborted: number
  eventsDropped: number
  listeners: number
  pendingHandovers: number
  /** Connections that ended without a byte or descriptor (crun connects early). */
  emptyHandovers: number
  refused: Array<{ reason: string; count: number }>
  /** Upper bounds in seconds and non-cumulative counts; the last count is +Inf. */
  latencyBounds: Array<number>
  latencyCounts: Array<number>
  latencySumSeconds: number
  loopWakeups: number
}
export interface StopReport {
  /** Nothing of the container is left. */
  done: boolean
  /** What was done: "init", "cgroup.kill", "cgroup.procs", "tree". */
  steps: Array<string>
  /** Processes still there at the timeout. */
  left: Array<number>
  problem?: string
}
export interface LaunchRequest {
  /** Path of the executable; PATH is searched by the caller's env when it has no slash. */
  command: string
  args: Array<string>
  env: Array<string>
  cwd: string
  /** Program of the original profile (struct sock_filter[]); its denials notify. */
  program: Uint8Array
  answer: Answer
}
export interface Launched {
  listener: number
  pid: number
}
export declare class Supervisor {
  constructor(options: SupervisorOptions, wake: () => void)
  /** Listens on a unix socket path; never takes a live owner's. */
  listen(path: string): void
  /** Serves an inherited listening socket (LISTEN_FDS). */
  listenOn(fd: number): void
  launch(request: LaunchRequest): Promise<Launched>
  /** Sends a signal to the command of launch(). */
  signal(listener: number, signal: number): void
  /** Takes what happened to listeners since the last call, in order. */
  notices(): Array<Notice>
  /** Copies whole event records (EVENT_BYTES each) into the buffer; returns how many. */
  drain(into: Uint8Array): number
  /** Asks for one wake() at the next event or notice; false: something is there already, drain first. */
  arm(): boolean
  counts(listener: number): Array<Count>
  setAnswer(listener: number, answer: Answer): void
  /** Ends the container (or process tree) of a listener. */
  stop(listener: number, timeoutMs: number): Promise<StopReport>
  /** Forgets a detached listener's counters. */
  release(listener: number): void
  stats(): Stats
  /** Answers what is pending, closes all listeners, ends the threads. */
  close(): Promise<void>
}
export const EVENT_BYTES: number
export interface CompiledProfile {
  program: Buffer
  /** What libseccomp or the kernel cannot do with it, in words. */
  warnings: Array<string>
}
/** OCI linux.seccomp JSON (resolved) to the program that libseccomp makes of it. */
export declare function compileProfile(json: string): CompiledProfile
/** A program that denies the named calls (syscall_600 for a number) on every ABI with the errno and allows the rest. */
export declare function compileDenyList(names: Array<string>, errno: number): Buffer
/** The call's name; syscall_<number> where it has none. ABIs other than the machine's own are not marked here. */
export declare function syscallName(arch: number, number: number): string
/** x86_64, i386, x32, aarch64, arm, or 0x… for an unknown one. */
export declare function abiName(arch: number, number: number): string
export declare function nativeArch(): number
export declare function errnoName(errno: number): string
export declare function libseccompVersion(): string
export interface KernelReport {
  release: string
  features: Array<{ name: string; works: boolean; detail: string }>
}
/** Tests the kernel by doing: forks children that install filters, notify, are answered. */
export declare function probeKernel(): Promise<KernelReport>
