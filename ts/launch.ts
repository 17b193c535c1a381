/** Starts one command under a program and keeps its books, whoever made the program. */

import { createNames } from './call-names.ts'
import type { Clock } from './clock.ts'
import type { Policy } from './config/schema.ts'
import type { Described } from './containers.ts'
import { Emitter } from './emitter.ts'
import { toNotifydError } from './errors.ts'
import { defaultAnswer } from './handover.ts'
import { inspectionOf } from './inspection.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { ArgumentValues, CompiledProfile, Native, Supervisor, SupervisorOptions } from './native.ts'
import { createControls } from './run-controls.ts'
import { createEnding, createHooks, type RunEvents } from './run-hooks.ts'
import type { Run, RunOptions } from './run.ts'

export interface Surroundings {
  native: Native
  clock: Clock
  /** Keeps the values of arguments that a recorded profile keeps apart. */
  watchArguments?: boolean
}

export interface Launched {
  running: Run
  /** Of watched arguments, once, when the run has finished. */
  values(): ArgumentValues[]
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

/** Rejects, with nothing executed, where the command cannot be run under its filter. */
export async function launch(
  options: RunOptions,
  { program, warnings }: CompiledProfile,
  { native, clock, watchArguments = false }: Surroundings,
): Promise<Launched> {
  options.signal?.throwIfAborted()
  const names = createNames(native)
  const described = { ...describe(options), warnings }
  const answer = defaultAnswer(described)
  const look = inspectionOf(options.detail)
  const setup = { answer, mayContinue: false, ringEvents: RING_EVENTS, handoverTimeoutMs: 1000, ...look }
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
    const { listener, pid } = await supervisor.launch({ ...commandOf(options), program, answer, watchArguments })
    const begin = () => {
      begun = true
      return ledger.adopt(listener, { ...described, init: { pid, startTicks: 0 } }, clock.nowMs())
    }
    const parts = { supervisor, ledger, listener, begin, ending, clock, release }
    const running = Object.assign(emitter, createControls(parts, options.signal), { pid })
    return { running, values: () => supervisor.arguments(listener) }
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
