/** PURE: lines of a text, by offsets. */

/** As the first line ends. */
export function lineEndOf(text: string): '\r\n' | '\n' {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n'
}

/** Where the line begins that the offset is in. */
export function lineStartAt(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1
}

/** Behind the end of the line that the offset is in. */
export function lineEndAt(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end + 1
}

/** Line and column, from 1. */
export function placeAt(text: string, offset: number): string {
  const start = lineStartAt(text, offset)
  const line = text.slice(0, start).split('\n').length
  return `line ${line}, column ${offset - start + 1}`
}
