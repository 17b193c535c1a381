/** The one table of exit codes. */

export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  /** `run` inside of a process tree that has a seccomp listener already. */
  listenerBusy: 120,
  /** `run` could not supervise; nothing was executed. As docker run. */
  notSupervised: 125,
  notExecutable: 126,
  notFound: 127,
} as const

const RUN_CODES: Record<string, number> = {
  ERR_LISTENER_BUSY: EXIT.listenerBusy,
  ERR_COMMAND_NOT_FOUND: EXIT.notFound,
  ERR_EXEC: EXIT.notExecutable,
}

/** For a failure of `run` before its command was executed. */
export function runFailure(code: unknown): number {
  return (typeof code === 'string' ? RUN_CODES[code] : undefined) ?? EXIT.notSupervised
}
