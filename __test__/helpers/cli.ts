/** The built command line, as a user calls it. */

import { start, type Finished, type StartOptions } from './child.ts'
import { CLI } from './daemon-process.ts'

export function cli(args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  return start(process.execPath, [CLI, ...args], options).finished
}
