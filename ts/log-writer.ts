/**
 * Lines to a descriptor, in order, that wait for no reader and fail nobody: a log on a full disk or without a reader loses
 * lines, and the daemon goes on.
 */

import { write as writeLater } from 'node:fs'

export interface LogWriter {
  write(line: string): void
  /** Resolves when all is written, or after a second of a reader that does not read. */
  close(): Promise<void>
}

/** What a reader that does not read may make us keep; what comes beyond is lost. */
const MOST_WAITING_CHARS = 4 * 1024 * 1024
/** Where somebody else made the pipe non-blocking and it is full. */
const RETRY_MS = 20
const CLOSE_MS = 1000

export function createLogWriter(fd: number): LogWriter {
  let waiting = ''
  let writing = false
  let idle: (() => void) | undefined

  function write(line: string): void {
    if (waiting.length < MOST_WAITING_CHARS) waiting += line
    if (!writing) next(takeWaiting())
  }

  function takeWaiting(): Buffer {
    const taken = Buffer.from(waiting)
    waiting = ''
    return taken
  }

  function next(bytes: Buffer): void {
    writing = bytes.length > 0
    if (!writing) return idle?.()
    writeLater(fd, bytes, (error, written) => {
      // There is nowhere to say what else is wrong.
      const rest = error === null ? bytes.subarray(written) : bytes.subarray(bytes.length)
      if (error?.code === 'EAGAIN') setTimeout(next, RETRY_MS, bytes)
      else next(rest.length > 0 ? rest : takeWaiting())
    })
  }

  function close(): Promise<void> {
    return new Promise(resolve => {
      if (!writing) return resolve()
      const timer = setTimeout(resolve, CLOSE_MS)
      idle = () => (clearTimeout(timer), resolve())
    })
  }

  return { write, close }
}
