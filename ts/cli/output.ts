/** stdout is data, stderr is messages. */

import { errorText } from '../errors.ts'
import { escapeControls } from '../report/format.ts'

export function say(message: string): void {
  process.stderr.write(`seccomp-notifyd: ${escapeControls(message)}\n`)
}

export function complain(error: unknown): void {
  for (const line of errorText(error).split('\n')) say(line)
}

export function print(text: string): void {
  process.stdout.write(text)
}
