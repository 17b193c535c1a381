/**
 * PURE: who made a call and with what, as it was read while the call waited. All of it is the target's own word:
 * escaped where it was read (control characters, backslashes and what is no UTF-8) and here (what is invisible or turns text
 * around), cut, and never believed.
 */

import { clip } from './clip.ts'
import { readFrames, type CodeFrame } from './frames.ts'
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
  /** Working directory, in the container's file system. */
  cwd: string | null
  /** The arguments as strace writes them: `"/some/path"`, `MS_RDONLY|MS_BIND`. As many as the call takes. */
  args: string[]
  /** Tells places in the code that make calls apart, in any process; null where the place was not found, or is not asked for. */
  site: string | null
  /** Where the call was made: the active functions, the innermost first. Empty where that is not asked. */
  frames: CodeFrame[]
  /** Why the last of them is not the thread's first function; null where it is, or where they are not asked for. */
  framesEnd: string | null
}

/** Calls that were made at one place in the code. */
export interface CallSite {
  /** How many of the calls that were looked at were made there. */
  looks: number
  /** How many of all calls were made there; null where not all of them were looked at. */
  count: number | null
  /** The last of those that were looked at. `detail.site` tells sites apart. Untrusted. */
  detail: CallDetail
}

const MAX_WORD_CHARS = 512
const MAX_ARG_CHARS = 400
const MAX_WORDS = 65
const MAX_ARGS = 6

export function readDetail({ text, missing }: Pick<Detail, 'text' | 'missing'>): CallDetail {
  const read: Parsed = text === undefined ? {} : parse(text)
  return {
    missing: text !== undefined ? null : missing === 'timed out' ? missing : 'failed',
    pid: typeof read.pid === 'number' ? read.pid : null,
    comm: word(read.comm),
    exe: word(read.exe),
    cmdline: words(read.cmdline, MAX_WORDS, MAX_WORD_CHARS),
    cwd: word(read.cwd),
    args: words(read.args, MAX_ARGS, MAX_ARG_CHARS),
    site: word(read.site),
    frames: readFrames(read.frames),
    framesEnd: word(read.framesEnd),
  }
}

type Parsed = Partial<
  Record<'pid' | 'comm' | 'exe' | 'cmdline' | 'cwd' | 'args' | 'site' | 'frames' | 'framesEnd', unknown>
>

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
