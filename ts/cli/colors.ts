/** Colours on a terminal, and nowhere else: what goes into a file or a pipe is data, whatever FORCE_COLOR or CI say. */

import { isatty } from 'node:tty'
import picocolors from 'picocolors'

const STDOUT = 1
const { NO_COLOR = '', TERM } = process.env
const { green, yellow, red } = picocolors.createColors(isatty(STDOUT) && NO_COLOR === '' && TERM !== 'dumb')

const OF_STATUS: Record<string, (text: string) => string> = { ok: green, warn: yellow, fail: red }

/** Colours the status that a row begins with. */
export function colorStatuses(table: string): string {
  return table.replaceAll(/^(?:ok|warn|fail)\b/gm, status => OF_STATUS[status]?.(status) ?? status)
}
