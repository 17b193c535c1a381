/** What the caller can do with a command that runs, from its first event to its report. */

import { constants } from 'node:os'
import { toTime, type Clock } from './clock.ts'
import { viewOf, type CallCount } from './container-view.ts'
import type { Container } from './containers.ts'
import { NotifydError, toNotifydError } from './errors.ts'
import type { Ledger } from './ledger.ts'
import type { Supervisor } from './native.ts'
import type { Ending } from './run-hooks.ts'
import { createReport, type RunReport } from './run-report.ts'

export interface Parts {
  supervisor: Supervisor
  ledger: Ledger
  listener: number
  /** Puts the command on the books. */
  begin: () => Container
  ending: Ending
  clock: Clock
  release: () => void
}

export interface Controls {
  finished: Promise<RunReport>
  stop: () => Promise<void>
  signal: (wanted: NodeJS.Signals | number) => void
  calls: () => CallCount[]
}

const STOP_TIMEOUT_MS = 10_000

export function createControls(parts: Parts, abort: AbortSignal | undefined): Controls {
  const { supervisor, ledger, listener, ending, clock, release } = parts
  let aborted = false
  let over = false
  let container: Container | undefined

  async function stop(): Promise<void> {
    if (over) return
    aborted = true
    await supervisor.stop(listener, STOP_TIMEOUT_MS).catch((error: unknown) => {
      // It has ended in the meantime, which is what was wanted.
      if (!over) throw toNotifydError(error, 'could not stop the command')
    })
  }

  function signal(wanted: NodeJS.Signals | number): void {
    const number = signalNumber(wanted)
    if (!over) supervisor.signal(listener, number)
  }

  async function finish(): Promise<RunReport> {
    container = await begin(parts)
    const { exit, atMs } = await ending.ended
    over = true
    abort?.removeEventListener('abort', onAbort)
    await ledger.close()
    release()
    return createReport({ container, exit, aborted, finishedAtMs: atMs }, toTime(clock))
  }

  const onAbort = () => void stop().catch(() => {})
  abort?.addEventListener('abort', onAbort, { once: true })
  // It may have come while the command was being started.
  if (abort?.aborted === true) onAbort()
  const calls = () => (container === undefined ? [] : viewOf(container, toTime(clock)).calls)
  return { finished: finish(), stop, signal, calls }
}

/** Whoever has waited for the start subscribes before anything is told. */
function begin({ begin: adopt, ledger }: Parts): Promise<Container> {
  return new Promise(resolve => {
    setImmediate(() => {
      resolve(adopt())
      ledger.wake()
    })
  })
}

function signalNumber(signal: NodeJS.Signals | number): number {
  const number = typeof signal === 'number' ? signal : constants.signals[signal]
  if (number === undefined) {
    throw new NotifydError('ERR_INVALID_ARGUMENT', `${JSON.stringify(signal)} is no signal; accepted: SIGTERM, 15`)
  }
  return number
}
