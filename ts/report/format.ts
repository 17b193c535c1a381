/** PURE. Rows to a table, values to JSON, and text of a target to text that a terminal can be given. */

const unsafe = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u
const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Escapes as ls and strace do: control, invisible and direction-changing characters, and the backslash. */
export function escapeText(text: string, maxChars = 256): string {
  const pieces: string[] = []
  let length = 0
  for (const char of text) {
    const piece = char === '\\' ? '\\\\' : escapeControls(char)
    length += [...piece].length
    if (length > maxChars) return `${cut(pieces, maxChars - 1).join('')}…`
    pieces.push(piece)
  }
  return pieces.join('')
}

/** For our own messages, whose backslashes mean something already. */
export function escapeControls(text: string): string {
  return text.replace(unsafe, char => named[char] ?? codeOf(char))
}

function codeOf(char: string): string {
  const code = char.codePointAt(0)!
  const digits = code.toString(16)
  if (code <= 0xff) return `\\x${digits.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${digits.padStart(4, '0')}` : `\\u{${digits}}`
}

/** Never cuts an escape in two. */
function cut(pieces: readonly string[], maxChars: number): string[] {
  let room = maxChars
  const tooMany = pieces.findIndex(piece => (room -= [...piece].length) < 0)
  return tooMany === -1 ? [...pieces] : pieces.slice(0, tooMany)
}

/** Columns are padded to their widest cell; cells are to be escaped before. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...lines.map(line => widthOf(line[column] ?? ''))))
  return lines
    .map(
      line =>
        `${line
          .map((cell, column) => pad(cell, widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(width - widthOf(cell))
}

/** Columns of a terminal that a text takes. */
function widthOf(text: string): number {
  return [...text].reduce((sum, char) => sum + (/\p{M}/u.test(char) ? 0 : wide.test(char) ? 2 : 1), 0)
}

/** JSON escapes C0 controls itself; the others are written as \uXXXX, which is the same value. */
export function formatJson(value: unknown, indent = 2): string {
  const text = JSON.stringify(value, null, indent)
  const escaped = text.replace(unsafe, char => (char === '\n' ? char : char.split('').map(unitOf).join('')))
  return `${escaped}\n`
}

function unitOf(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** `45s`, `12m`, `3h`, `6d`, as kubectl writes ages. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}
