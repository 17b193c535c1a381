/** The guest that stands in for an OCI runtime: containers without root, engine or root file system. */

import { start, type Running, type StartOptions } from './child.ts'
import { guest } from './guests.ts'

/** For `--call`, as guests make it: mkdir(2), or mkdirat(2) where there is no such call. */
export const MKDIR = process.arch === 'x64' ? '83' : '34'

/** What the guests tell of their calls: how many ended with which errno. */
export interface Tally {
  calls: number
  errnos: Record<string, number>
}

/** Options as `fixtures/guests/fake-runtime.c` lists them, beside `--socket`. */
export function startFakeRuntime(socket: string, args: string[], options: StartOptions = {}): Running {
  return start(guest('fake-runtime'), ['--socket', socket, ...args], options)
}

/** Of all containers that one fake runtime made. */
export function sumTallies(stdout: string): Tally {
  const sum: Tally = { calls: 0, errnos: {} }
  for (const { calls, errnos } of readTallies(stdout)) {
    sum.calls += calls
    for (const [errno, count] of Object.entries(errnos)) sum.errnos[errno] = (sum.errnos[errno] ?? 0) + count
  }
  return sum
}

export function readTallies(stdout: string): Tally[] {
  const lines = stdout.split('\n').filter(line => line.startsWith('{'))
  return lines.map(line => JSON.parse(line) as Tally)
}
