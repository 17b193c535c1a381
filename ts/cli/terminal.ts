/** A terminal that is painted anew and tells what is typed, for as long as somebody looks. */

import { isatty, type ReadStream } from 'node:tty'
import { print } from './output.ts'

const STDIN = 0
const STDOUT = 1
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const REST_OF_LINE = '\u001b[K'
const REST_OF_SCREEN = '\u001b[J'

export interface Terminal {
  /** As many lines as fit, cut at the right edge; `color` adds only what takes no place. */
  paint(lines: readonly string[], color: (text: string) => string): void
  close(): void
}

export function isTerminal(): boolean {
  return isatty(STDIN) && isatty(STDOUT)
}

export function openTerminal(onKeys: (keys: string) => void): Terminal {
  const stdin = process.stdin as ReadStream
  const take = (bytes: Buffer): void => onKeys(bytes.toString('utf8'))
  stdin.setRawMode(true).on('data', take).resume()
  print(ENTER)

  function close(): void {
    stdin.off('data', take).setRawMode(false).pause()
    print(LEAVE)
  }

  return { paint, close }
}

function paint(lines: readonly string[], color: (text: string) => string): void {
  // Undefined where it is no terminal any more.
  const { rows = 24, columns = 80 } = process.stdout as Partial<Pick<NodeJS.WriteStream, 'rows' | 'columns'>>
  const shown = lines.slice(0, rows - 1).map(line => color(Array.from(line).slice(0, columns).join('')) + REST_OF_LINE)
  print(`${HOME}${shown.join('\r\n')}\r\n${REST_OF_SCREEN}`)
}
