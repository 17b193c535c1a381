/** JSON lines on standard error: standard output is for data. */

import { pino, type Logger } from 'pino'
import type { Config } from './config/schema.ts'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export interface OwnedLog {
  log: Log
  close(): void
}

const STDERR = 2

export function createLog({ level }: Config['log']): OwnedLog {
  const destination = pino.destination({ dest: STDERR, sync: false })
  const formatters = { level: (label: string) => ({ level: label }) }
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, destination)
  return { log, close: () => flush(destination) }
}

/** What is buffered would be lost with the process. */
function flush(destination: { flushSync(): void }): void {
  try {
    destination.flushSync()
  } catch {
    // Nobody reads standard error any more; there is nowhere left to say so.
  }
}
