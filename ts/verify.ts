/** Tells of one command, in one run, every call that its profile denies. */

import { run, type Run, type RunDeps, type RunOptions } from './run.ts'
import { verificationOf, type Judgement, type Verification } from './verification.ts'

export type { DeniedCall, Judgement, KnownCall, Verification } from './verification.ts'

type Command = Pick<RunOptions, 'command' | 'args' | 'env' | 'cwd' | 'signal' | 'capabilities' | 'detail'>

export interface VerifyOptions extends Command, Judgement {
  /** JSON text, in any format that `run` takes. */
  profile: string
  /** Denied calls fail as the profile says, instead of running: then one may hide those that would have followed. */
  enforce?: boolean
}

export interface Verifying extends Omit<Run, 'finished'> {
  /** Resolves when nobody of the command's process tree is left. */
  readonly finished: Promise<Verification>
}

/** Starts the command. Rejects, with nothing executed, where it cannot be run under its filter. */
export async function verify(options: VerifyOptions, deps: RunDeps = {}): Promise<Verifying> {
  const { enforce = false, baseline = [], probes = 'ignore', ...command } = options
  const running = await run({ ...command, answer: enforce ? 'profile' : 'continue' }, deps)
  const finished = running.finished.then(report => verificationOf(report, { baseline, probes }))
  return Object.assign(running, { finished })
}
