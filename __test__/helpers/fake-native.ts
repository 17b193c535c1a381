/** The addon in memory: a test hands containers over and makes calls by hand. */

import { callKey } from '../../ts/calls.ts'
import { EVENT_BYTES } from '../../ts/events.ts'
import type {
  Answer,
  ArgumentValues,
  ContainerState,
  Count,
  Detail,
  InitProcess,
  LastWords,
  KeepOptions,
  Launched,
  LaunchRequest,
  Native,
  Notice,
  Recorded,
  Stats,
  StopReport,
  Supervisor,
  SupervisorOptions,
} from '../../ts/native.ts'

const ZEROS = ['0x0', '0x0', '0x0', '0x0', '0x0', '0x0']

export const X86_64 = 0xc000003e
export const I386 = 0x40000003
export const EPERM = 0x00050001
export const ENOSYS = 0x00050026
export const ALLOW = 0x7fff0000
export const NOTIFY = 0x7fc00000

/** Numbers of x86-64, enough for the tests. */
export const NUMBERS = { mkdir: 83, chroot: 161, swapoff: 168, capset: 126, clone3: 435 } as const
export type CallName = keyof typeof NUMBERS

const names = new Map<number, string>(Object.entries(NUMBERS).map(([name, number]) => [number, name]))

export interface CallOptions {
  times?: number
  verdict?: number
  init?: boolean
  arch?: number
  /** Default: now. */
  atMs?: number
  /** What was read of the call, or why nothing was. */
  detail?: Pick<Detail, 'text' | 'missing'>
}

export interface AttachOptions {
  state?: Partial<ContainerState>
  init?: InitProcess
  initProblem?: string
  answer?: Answer
  warnings?: string[]
  /** The JSON is not complete yet. */
  unnamed?: boolean
  kept?: string
  keptProblem?: string
}

interface Listener {
  counts: Map<string, Count>
  /** The bytes of the counters that `counts` returns survive the listener until it is released. */
  open: boolean
}

export class FakeSupervisor implements Supervisor {
  readonly options: SupervisorOptions
  readonly answers = new Map<number, Answer>()
  readonly stops: number[] = []
  /** What each stop was to write. */
  readonly words: (LastWords | undefined)[] = []
  readonly released: number[] = []
  readonly signals: number[] = []
  launched: LaunchRequest | undefined
  listening: string | number | undefined
  keeping: KeepOptions | undefined
  /** What `keep` tells. */
  keepProblem: string | null = null
  armed = false
  wakes = 0
  drains = 0
  countReads = 0
  closed = false
  /** What `arguments` tells. */
  values: ArgumentValues[] = []
  /** What `recorded` tells of each listener. */
  readonly recordings = new Map<number, Recorded>()
  /** What `stop` does; by default everything ends. */
  onStop: (listener: number) => Promise<StopReport> = listener => this.#endAll(listener)
  onLaunch: () => void = () => {}

  readonly #wake: () => void
  readonly #now: () => number
  readonly #listeners = new Map<number, Listener>()
  #notices: Notice[] = []
  #events: Uint8Array[] = []
  #details: Detail[] = []
  #next = 1
  #dropped = 0
  #received = 0

  constructor(options: SupervisorOptions, wake: () => void, now: () => number) {
    this.options = options
    this.#wake = wake
    this.#now = now
  }

  // --- what the tests do ---

  attach(id: string, options: AttachOptions = {}): number {
    const listener = this.#open()
    const handover = this.#handover(listener, id, options)
    this.notice(options.unnamed === true ? { kind: 'attached', listener, atMs: this.#now() } : handover)
    return listener
  }

  identify(listener: number, id: string, options: AttachOptions = {}): void {
    this.notice({ ...this.#handover(listener, id, options), kind: 'identified' })
  }

  member(listener: number, member: boolean): void {
    this.notice({ kind: 'membership', listener, member, atMs: this.#now() })
  }

  detach(listener: number, reason = 'hup'): void {
    const known = this.#listeners.get(listener)
    if (known?.open !== true) return
    known.open = false
    this.notice({ kind: 'detached', listener, reason, atMs: this.#now() })
  }

  exit(listener: number, how: { exitCode: number } | { signal: number }): void {
    this.notice({ kind: 'exited', listener, atMs: this.#now(), ...how })
  }

  end(listener: number): void {
    this.notice({ kind: 'ended', listener, atMs: this.#now() })
    this.detach(listener)
  }

  call(listener: number, call: CallName | number, options: CallOptions = {}): void {
    const number = typeof call === 'number' ? call : NUMBERS[call]
    const { times = 1, verdict = EPERM, init = false, arch = X86_64, atMs = this.#now(), detail } = options
    const counts = this.#listeners.get(listener)?.counts
    const key = callKey(arch, number, verdict, init)
    const { count, firstAtMs } = counts?.get(key) ?? { count: 0, firstAtMs: atMs }
    counts?.set(key, { arch, number, verdict, init, count: count + times, firstAtMs, lastAtMs: atMs })
    for (let time = 0; time < times; time++) this.#record({ listener, arch, number, verdict, init, atMs, detail })
    this.#ring()
  }

  notice(notice: Notice): void {
    this.#notices.push(notice)
    this.#ring()
  }

  // --- the contract ---

  listen(path: string): void {
    this.listening = path
  }
  listenOn(fd: number): void {
    this.listening = fd
  }
  keep(options: KeepOptions): string | null {
    this.keeping = options
    return this.keepProblem
  }
  launch(request: LaunchRequest): Promise<Launched> {
    this.launched = request
    const listener = this.#open()
    this.notice({ kind: 'attached', listener, atMs: this.#now() })
    this.onLaunch()
    return Promise.resolve({ listener, pid: 4242 })
  }
  signal(_listener: number, signal: number): void {
    this.signals.push(signal)
  }
  notices(): Notice[] {
    const taken = this.#notices
    this.#notices = []
    return taken
  }
  details(): Detail[] {
    return this.#details.splice(0)
  }
  drain(into: Uint8Array): number {
    this.drains += 1
    const taken = this.#events.splice(0, Math.floor(into.length / EVENT_BYTES))
    for (const [index, event] of taken.entries()) into.set(event, index * EVENT_BYTES)
    return taken.length
  }
  arm(): boolean {
    if (this.#notices.length > 0 || this.#events.length > 0) return false
    this.armed = true
    return true
  }
  counts(listener: number): Count[] {
    this.countReads += 1
    return [...(this.#listeners.get(listener)?.counts.values() ?? [])].map(count => ({ ...count }))
  }
  recorded(listener: number): Recorded {
    return this.recordings.get(listener) ?? { counts: [], values: [] }
  }

  arguments(): ArgumentValues[] {
    return this.values
  }
  setAnswer(listener: number, answer: Answer): void {
    this.answers.set(listener, answer)
  }
  stop(listener: number, _timeoutMs?: number, words?: LastWords): Promise<StopReport> {
    this.stops.push(listener)
    this.words.push(words)
    return this.onStop(listener)
  }
  release(listener: number): void {
    this.released.push(listener)
    this.#listeners.delete(listener)
  }
  stats(): Stats {
    return {
      received: this.#received,
      answered: this.#received,
      aborted: 3,
      eventsDropped: this.#dropped,
      listeners: [...this.#listeners.values()].filter(({ open }) => open).length,
      pendingHandovers: 0,
      emptyHandovers: 0,
      refused: [{ reason: 'not_json', count: 2 }],
      failedLooks: [{ reason: 'timed_out', count: 3 }],
      latencyBounds: [0.00001, 0.001],
      latencyCounts: [5, 3, 1],
      latencySumSeconds: 0.25,
      loopWakeups: 0,
    }
  }
  close(): Promise<void> {
    this.closed = true
    for (const listener of this.#listeners.keys()) this.detach(listener, 'closed')
    return Promise.resolve()
  }

  #open(): number {
    const listener = this.#next
    this.#next += 1
    this.#listeners.set(listener, { counts: new Map(), open: true })
    return listener
  }

  #handover(listener: number, id: string, options: AttachOptions): Notice & { kind: 'attached' } {
    const { state = {}, init, initProblem, answer = this.options.answer, warnings = [], kept, keptProblem } = options
    const whole: ContainerState = {
      ociVersion: '1.0.2',
      id,
      status: 'creating',
      pid: 77,
      initPid: 77,
      bundle: `/bundles/${id}`,
      annotations: {},
      ...state,
    }
    const found = init === undefined ? {} : { init }
    const missing = initProblem === undefined ? {} : { initProblem }
    const store = { ...(kept === undefined ? {} : { kept }), ...(keptProblem === undefined ? {} : { keptProblem }) }
    return {
      kind: 'attached',
      listener,
      atMs: this.#now(),
      state: whole,
      answer,
      warnings,
      ...found,
      ...missing,
      ...store,
    }
  }

  #record(event: {
    listener: number
    arch: number
    number: number
    verdict: number
    init: boolean
    atMs: number
    detail: CallOptions['detail']
  }): void {
    this.#received += 1
    const { listener, arch, number, verdict, detail } = event
    const sequence = this.#received
    if (detail !== undefined) this.#details.push({ listener, sequence, arch, number, args: ZEROS, verdict, ...detail })
    if (this.#events.length >= this.options.ringEvents) {
      this.#dropped += 1
      return
    }
    const view = new DataView(new ArrayBuffer(EVENT_BYTES))
    view.setUint32(0, event.listener, true)
    view.setUint32(4, event.arch, true)
    view.setInt32(8, event.number, true)
    view.setUint32(12, event.verdict, true)
    view.setFloat64(24, event.atMs, true)
    view.setInt32(36, -1, true)
    view.setUint32(40, (event.init ? 1 : 0) + (detail === undefined ? 0 : 4), true)
    view.setBigUint64(104, BigInt(sequence), true)
    this.#events.push(new Uint8Array(view.buffer))
  }

  #ring(): void {
    if (!this.armed) return
    this.armed = false
    this.wakes += 1
    this.#wake()
  }

  #endAll(_listener: number): Promise<StopReport> {
    for (const listener of this.#listeners.keys()) this.detach(listener)
    return Promise.resolve({ done: true, steps: ['init'], left: [], told: [] })
  }
}

/** Profiles are the real addon's. */
function unsupported(): never {
  throw new Error('the fake knows nothing of profiles')
}

export interface FakeNative {
  native: Native
  /** The one that the tested code made. */
  supervisor(): FakeSupervisor
}

export function createFakeNative(now: () => number): FakeNative {
  let made: FakeSupervisor | undefined
  const remember = (supervisor: FakeSupervisor) => void (made = supervisor)
  class Made extends FakeSupervisor {
    constructor(options: SupervisorOptions, wake: () => void) {
      super(options, wake, now)
      remember(this)
    }
  }
  const native: Native = {
    Supervisor: Made,
    EVENT_BYTES,
    syscallName: (_arch, number) => names.get(number) ?? `syscall_${number}`,
    abiName: arch => (arch === I386 ? 'i386' : 'x86_64'),
    nativeArch: () => X86_64,
    compileProfile: json => ({ program: Buffer.from(json), restricts: true, warnings: [] }),
    parseProfile: unsupported,
    resolveProfile: unsupported,
    explainProfile: unsupported,
    explainCall: unsupported,
    transformProfile: unsupported,
    checkProfile: unsupported,
    convertProfile: unsupported,
    diffProfiles: unsupported,
    widenProfile: unsupported,
    mergeProfiles: unsupported,
    profileFindingCodes: unsupported,
    runtimeDefaultProfile: unsupported,
    endWithParent: unsupported,
    storedPrefix: () => 'listener-',
    tellServiceManager: () => null,
    compileDenyList: denied => Buffer.from(denied.join()),
    libseccompVersion: () => '2.6.0',
    notifyEveryCall: () => Buffer.from('everything'),
    recordedProfile: unsupported,
    probeKernel: () => Promise.resolve({ release: 'fake', features: [] }),
  }
  return {
    native,
    supervisor() {
      if (made === undefined) throw new Error('no supervisor was made')
      return made
    },
  }
}
