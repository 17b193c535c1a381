/** Supervises one command without any container engine: launch, collect, report. */

import { constants } from 'node:os'
import { createNames } from './call-names.ts'
import { systemClock, toTime, type Clock } from './clock.ts'
import type { Policy } from './config/schema.ts'
import type { Container, Described } from './containers.ts'
import { Emitter } from './emitter.ts'
import { defaultAnswer } from './handover.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { loadNative, type Native, type Supervisor } from './native.ts'
import { compile, type Denials } from './profiles.ts'
import { createEnding, createHooks, type Ending, type RunEvents } from './run-hooks.ts'
import { createReport, type RunReport } from './run-report.ts'

export type { RunEvents } from './run-hooks.ts'
export type { RunReport } from './run-report.ts'

export interface RunOptions extends Denials, Partial<Omit<Policy, 'errno'>> {
  /** Path, or a name that is looked for in PATH of `env`. */
  command: string
  args?: readonly string[]
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** @default process.cwd() */
  cwd?: string
  /** Ends the command and all of its descendants. */
  signal?: AbortSignal
}

export interface RunDeps {
  native?: Native
  clock?: Clock
}

export interface Run extends Emitter<RunEvents> {
  readonly pid: number
  /** Resolves when nobody of the command's process tree is left. */
  readonly finished: Promise<RunReport>
  /** Sends a signal to the command. */
  signal(signal: NodeJS.Signals | number): void
  /** Ends the command and all of its descendants. */
  stop(): Promise<void>
}

const RING_EVENTS = 65_536
const STOP_TIMEOUT_MS = 10_000
const DEFAULTS: Policy = {
  action: 'log',
  answer: 'profile',
  errno: 'ENOSYS',
  ignore: [],
  probes: 'ignore',
  debounceMs: 5000,
  maxDelayMs: 30_000,
}

/** Starts the command. Rejects, with nothing executed, where it cannot be run under its filter. */
export async function run(options: RunOptions, deps: RunDeps = {}): Promise<Run> {
  options.signal?.throwIfAborted()
  const native = deps.native ?? loadNative()
  const clock = deps.clock ?? systemClock
  const names = createNames(native)
  const { program, warnings } = compile(options, native)
  const described = { ...describe(options), warnings }
  const answer = defaultAnswer(described)
  const setup = { answer, mayContinue: false, ringEvents: RING_EVENTS, handoverTimeoutMs: 1000 }
  const supervisor: Supervisor = new native.Supervisor(setup, () => ledger.wake())
  const emitter = new Emitter<RunEvents>()
  const ending = createEnding(emitter)
  const ledger: Ledger = createLedger({
    clock,
    answer,
    names,
    supervisor: () => supervisor,
    describe: () => described,
    storm: { stops: 0, withinMs: 0 },
    epoch: clock.wallMs().toString(36),
    hooks: createHooks(emitter, names, ending.left),
  })
  const release = clock.hold()
  try {
    const { listener, pid } = await supervisor.launch({ ...commandOf(options), program, answer })
    const container = ledger.adopt(listener, { ...described, init: { pid, startTicks: 0 } }, clock.nowMs())
    return Object.assign(
      emitter,
      controls({ supervisor, ledger, listener, container, ending, clock, release }, options),
      { pid },
    )
  } catch (error) {
    release()
    await supervisor.close()
    throw error
  }
}

interface Running {
  supervisor: Supervisor
  ledger: Ledger
  listener: number
  container: Container
  ending: Ending
  clock: Clock
  release: () => void
}

function controls(running: Running, { signal: abort }: RunOptions) {
  const { supervisor, ledger, listener, container, ending, clock, release } = running
  let aborted = false

  async function stop(): Promise<void> {
    aborted = true
    await supervisor.stop(listener, STOP_TIMEOUT_MS)
  }
  // It may have ended in the meantime, which is what was wanted.
  const onAbort = () => void stop().catch(() => {})

  async function finish(): Promise<RunReport> {
    const { exit, atMs } = await ending.ended
    abort?.removeEventListener('abort', onAbort)
    await ledger.close()
    release()
    return createReport({ container, exit, aborted, finishedAtMs: atMs }, toTime(clock))
  }

  abort?.addEventListener('abort', onAbort, { once: true })
  const finished = finish()
  ledger.wake()
  const signal = (wanted: NodeJS.Signals | number) => supervisor.signal(listener, signalNumber(wanted))
  return { finished, stop, signal }
}

function describe({ command, ...options }: RunOptions): Described {
  const given = Object.entries(options).filter(
    ([name, value]) => name in DEFAULTS && name !== 'errno' && value !== undefined,
  )
  const policy: Policy = { ...DEFAULTS, ...Object.fromEntries(given) }
  const nameless = { id: command, name: command, workload: command, bundle: '', init: null }
  return { ...nameless, creating: true, policy, policySource: 'options', warnings: [] }
}

function commandOf({ command, args = [], env = process.env, cwd = process.cwd() }: RunOptions) {
  const list = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
  return { command, args: [...args], env: list, cwd }
}

function signalNumber(signal: NodeJS.Signals | number): number {
  return typeof signal === 'number' ? signal : constants.signals[signal]
}
