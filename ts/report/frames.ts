/** PURE. Which code made a call, one line each. The text is escaped already. */

import type { CallDetail } from '../detail.ts'
import type { CodeFrame } from '../frames.ts'

const MOST_LINES = 12

/** `at main (/src/app.c:23)`, `at chroot (/lib/libc.so.6+0xf1c7)`, `at /app/server+0x1c3a`. */
export function frameText({ module, offset, function: name, file, line, inlined, found }: CodeFrame): string {
  const code = `${module}+${offset}`
  const place = file === null ? code : line === null ? file : `${file}:${line}`
  const notes = [...(inlined ? ['inlined'] : []), ...(found === 'search' ? ['guessed'] : [])]
  const where = name === null && file === null ? code : `${name ?? '?'} (${place})`
  return `at ${where}${notes.length === 0 ? '' : ` [${notes.join(', ')}]`}`
}

/** The innermost functions, a line each, and what is missing. */
export function frameLines({ frames, framesEnd }: Pick<CallDetail, 'frames' | 'framesEnd'>): string[] {
  const lines = frames.slice(0, MOST_LINES).map(frameText)
  const more = frames.length - lines.length
  if (more > 0) return [...lines, `and ${more} more`]
  return framesEnd === null ? lines : [...lines, `callers are missing: ${framesEnd}`]
}

/** The working directory and the code, which a caller's line is followed by. */
export function whereLines(detail: CallDetail): string[] {
  const frames = frameLines(detail)
  return detail.cwd === null || frames.length === 0 ? frames : [`in ${detail.cwd}`, ...frames]
}
