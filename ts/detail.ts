/**
 * PURE: who made a call and with what, as it was read while the call waited. All of it is the target's own word:
 * escaped where it was read (control characters, backslashes and what is no UTF-8) and here (what is invisible or turns text
 * around), cut, and never believed.
 */

import { clip } from './clip.ts'
import { escapeControls } from './report/format.ts'
import type { Detail } from './native.ts'

/** Untrusted. Strings are escaped as strace escapes them. */
export interface CallDetail {
  /** Why nothing was read: it took too long, or the program that reads failed. Null: what follows was read. */
  missing: 'timed out' | 'failed' | null
  /** Process id as the daemon's pid namespace has it; a hint only, numbers are reused. */
  pid: number | null
  /** Name of the thread. */
  comm: string | null
  /** Path of the executable, in the container's file system. */
  exe: string | null
  /** The command line, word by word. */
  cmdline: string[]
  /** The arguments as strace writes them: `"/some/path"`, `MS_RDONLY|MS_BIND`. As many as the call takes. */
  args: string[]
  /** Where the call was made, the innermost first. */
  frames: string[]
}

const MAX_WORD_CHARS = 512
const MAX_ARG_CHARS = 400
const MAX_WORDS = 65
const MAX_ARGS = 6
const MAX_FRAMES = 64

export function readDetail({ text, missing }: Pick<Detail, 'text' | 'missing'>): CallDetail {
  const read: Parsed = text === undefined ? {} : parse(text)
  return {
    missing: text !== undefined ? null : missing === 'timed out' ? missing : 'failed',
    pid: typeof read.pid === 'number' ? read.pid : null,
    comm: word(read.comm),
    exe: word(read.exe),
    cmdline: words(read.cmdline, MAX_WORDS, MAX_WORD_CHARS),
    args: words(read.args, MAX_ARGS, MAX_ARG_CHARS),
    frames: words(read.frames, MAX_FRAMES, MAX_WORD_CHARS),
  }
}

type Parsed = Partial<Record<'pid' | 'comm' | 'exe' | 'cmdline' | 'args' | 'frames', unknown>>

function parse(text: string): Parsed {
  try {
    return { ...(JSON.parse(text) as Parsed) }
  } catch {
    return {}
  }
}

function word(value: unknown): string | null {
  return typeof value === 'string' ? clip(escapeControls(value), MAX_WORD_CHARS) : null
}

function words(value: unknown, most: number, mostChars: number): string[] {
  if (!Array.isArray(value)) return []
  const texts = value.filter((each): each is string => typeof each === 'string')
  return texts.slice(0, most).map(each => clip(escapeControls(each), mostChars))
}
