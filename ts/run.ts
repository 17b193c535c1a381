/** Supervises one command without any container engine: launch, collect, report. */

import { createNames } from './call-names.ts'
import { systemClock, type Clock } from './clock.ts'
import type { Policy } from './config/schema.ts'
import type { Described } from './containers.ts'
import { Emitter } from './emitter.ts'
import { toNotifydError } from './errors.ts'
import { defaultAnswer } from './handover.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { loadNative, type Native, type Supervisor, type SupervisorOptions } from './native.ts'
import { workApart, workHere } from './profile-work.ts'
import { compileForRun, type Denials } from './profiles.ts'
import { createControls } from './run-controls.ts'
import { createEnding, createHooks, type RunEvents } from './run-hooks.ts'
import type { RunReport } from './run-report.ts'

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
  /** Sends a signal to the command; one that has ended is no error. */
  signal(signal: NodeJS.Signals | number): void
  /** Ends the command and all of its descendants. */
  stop(): Promise<void>
}

const RING_EVENTS = 65_536
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
  const work = deps.native === undefined ? workApart : workHere(deps.native)
  const { program, warnings } = await compileForRun(options, native, work)
  options.signal?.throwIfAborted()
  const described = { ...describe(options), warnings }
  const answer = defaultAnswer(described)
  const setup = { answer, mayContinue: false, ringEvents: RING_EVENTS, handoverTimeoutMs: 1000 }
  const supervisor = createSupervisor(native, setup, () => void (begun && ledger.wake()), options)
  let begun = false
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
    const begin = () => {
      begun = true
      return ledger.adopt(listener, { ...described, init: { pid, startTicks: 0 } }, clock.nowMs())
    }
    const parts = { supervisor, ledger, listener, begin, ending, clock, release }
    return Object.assign(emitter, createControls(parts, options.signal), { pid })
  } catch (error) {
    release()
    await ledger.close()
    throw couldNotRun(options, error)
  }
}

function createSupervisor(native: Native, setup: SupervisorOptions, wake: () => void, options: RunOptions): Supervisor {
  try {
    return new native.Supervisor(setup, wake)
  } catch (error) {
    throw couldNotRun(options, error)
  }
}

function couldNotRun({ command }: RunOptions, error: unknown): unknown {
  return toNotifydError(error, `could not run ${JSON.stringify(command)}`)
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
