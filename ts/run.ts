/** Supervises one command without any container engine: launch, collect, report. */

import { systemClock, type Clock } from './clock.ts'
import type { CallCount } from './container-view.ts'
import type { DetailSettings, Policy } from './config/schema.ts'
import type { Emitter } from './emitter.ts'
import { launch } from './launch.ts'
import { loadNative, type Native } from './native.ts'
import { workApart, workHere } from './profile-work.ts'
import { compileForRun, type Denials } from './profiles.ts'
import type { RunEvents } from './run-hooks.ts'
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
  /** Whether callers and arguments are read. @default of the first calls of each kind, and the code that makes them: 5 s at most */
  detail?: Partial<DetailSettings>
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
  /** What was called so far. */
  calls(): CallCount[]
  /** Sends a signal to the command; one that has ended is no error. */
  signal(signal: NodeJS.Signals | number): void
  /** Ends the command and all of its descendants. */
  stop(): Promise<void>
}

/** Starts the command. Rejects, with nothing executed, where it cannot be run under its filter. */
export async function run(options: RunOptions, deps: RunDeps = {}): Promise<Run> {
  options.signal?.throwIfAborted()
  const native = deps.native ?? loadNative()
  const work = deps.native === undefined ? workApart : workHere(deps.native)
  const compiled = await compileForRun(options, native, work)
  const { running } = await launch(options, compiled, { native, clock: deps.clock ?? systemClock })
  return running
}
