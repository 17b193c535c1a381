/**
 * stdout is data, stderr is messages. Both are written without Node's streams, which make a pipe non-blocking: for
 * everyone who holds it, and so for the command of `run` too.
 */

import { writeSync } from 'node:fs'
import { errorText } from '../errors.ts'
import { escapeControls } from '../report/format.ts'

const STDOUT = 1
const STDERR = 2
/** Between two attempts where somebody else made the pipe non-blocking and it is full. */
const PAUSE_MS = 5

export function say(message: string): void {
  sayAsIs(`seccomp-notifyd: ${escapeControls(message)}\n`)
}

export function complain(error: unknown): void {
  for (const line of errorText(error).split('\n')) say(line)
}

/** Text as it is. A stderr that cannot be written leaves nowhere to say so. */
export function sayAsIs(text: string): void {
  try {
    writeAll(STDERR, text)
  } catch {}
}

/** A reader that has gone, as with `| head`, is no failure. */
export function print(text: string): void {
  isPrinted(text)
}

/** For what goes on for long. False: nobody reads any more. */
export function isPrinted(text: string): boolean {
  try {
    writeAll(STDOUT, text)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EPIPE') throw error
    return false
  }
}

function writeAll(fd: number, text: string): void {
  let rest = Buffer.from(text)
  while (rest.length > 0) rest = rest.subarray(writeSome(fd, rest))
}

function writeSome(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes)
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') throw error
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS)
    return 0
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code
}
