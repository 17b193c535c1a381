/** JSON lines on standard error: standard output is for data. */

import { pino, type Logger } from 'pino'
import type { Config } from './config/schema.ts'
import { createLogWriter } from './log-writer.ts'

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

export interface OwnedLog {
  log: Log
  close(): Promise<void>
}

const STDERR = 2

export function createLog({ level }: Config['log']): OwnedLog {
  const { write, close } = createLogWriter(STDERR)
  const formatters = { level: (label: string) => ({ level: label }) }
  // pino's own destination waits for ever where a disk is full.
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, { write })
  return { log, close }
}
