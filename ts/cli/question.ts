/** A question to whoever sits at the terminal. */

import { isatty } from 'node:tty'
import { createInterface } from 'node:readline/promises'
import { NotifydError } from '../errors.ts'

const STDIN = 0
const STDERR = 2

/** @throws NotifydError `ERR_USAGE` where nobody can be asked. */
export async function isAgreed(question: string): Promise<boolean> {
  if (!isatty(STDIN) || !isatty(STDERR)) {
    throw new NotifydError(
      'ERR_USAGE',
      'there is no terminal to ask on; add --yes to have it changed, or --dry-run to see what would be',
    )
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await terminal.question(`seccomp-notifyd: ${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}
