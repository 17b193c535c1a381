/** What a program of an engine prints. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const TIMEOUT_MS = 120_000
const MOST_BYTES = 64 * 1024 * 1024

export async function outputOf([program = '', ...args]: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: TIMEOUT_MS, maxBuffer: MOST_BYTES })
  return stdout
}
