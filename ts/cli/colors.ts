/** Colours on a terminal, and nowhere else: what goes into a file or a pipe is data, whatever FORCE_COLOR or CI say. */

import { isatty } from 'node:tty'
import picocolors from 'picocolors'

const STDOUT = 1
const { NO_COLOR = '', TERM } = process.env
const { green, yellow, red, dim } = picocolors.createColors(isatty(STDOUT) && NO_COLOR === '' && TERM !== 'dumb')

const OF_STATUS: Record<string, (text: string) => string> = { ok: green, warn: yellow, fail: red }

const OF_STATE: Record<string, (text: string) => string> = {
  running: green,
  stopping: yellow,
  unsupervised: yellow,
  stopped: red,
  exited: dim,
}

/** Colours the status that a row begins with. */
export function colorStatuses(table: string): string {
  return table.replaceAll(/^(?:ok|warn|fail)\b/gm, status => OF_STATUS[status]?.(status) ?? status)
}

/** Colours each cell of a table that is a state. Whoever calls a container so has it coloured, and no more. */
export function colorStates(table: string): string {
  return table.replaceAll(/(?<= {2})[a-z]+(?= {2}|$)/gm, state => OF_STATE[state]?.(state) ?? state)
}

/** Colours the state of a container's description, and why it was stopped. */
export function colorDescription(text: string): string {
  return text
    .replace(/^(State: +)([a-z]+)$/m, (_, label: string, state: string) => label + (OF_STATE[state]?.(state) ?? state))
    .replace(/^( {2}(?:Reason|Message): +)(.+)$/gm, (_, label: string, why: string) => label + red(why))
}

/** What the caller of a call got. */
export function colorAnswer(answer: string): string {
  return answer === 'let run' ? green(answer) : red(answer)
}
