/** PURE: which code made a call, as it was found while the call waited. The target's own word, as all of a detail. */

import { clip } from './clip.ts'
import { escapeControls } from './report/format.ts'

/** One active function. Untrusted. */
export interface CodeFrame {
  /** The file of the code, as the container sees it; `[vdso]`, or `[anon]` for code without a file. */
  module: string
  /** Build id of the file, in hexadecimal digits. */
  buildId: string | null
  /** `0x1c3a`: the instruction behind the call, by the file's own addresses. */
  offset: string
  function: string | null
  /** Source file and line, where there is debug information. */
  file: string | null
  line: number | null
  /** Whether the compiler put it into the next one. */
  inlined: boolean
  /** By the kernel, by tables of the module, or by a search of the stack, which can err. */
  found: 'kernel' | 'tables' | 'search'
}

const MAX_FRAMES = 64
const MAX_CHARS = 400

/** What is no frame is left out. */
export function readFrames(value: unknown): CodeFrame[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, MAX_FRAMES).flatMap(each => frame(each) ?? [])
}

function frame(value: unknown): CodeFrame | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const read: Partial<Record<keyof CodeFrame, unknown>> = value
  const [module, offset] = [text(read.module), text(read.offset)]
  if (module === null || offset === null) return undefined
  return {
    module,
    buildId: text(read.buildId),
    offset,
    function: text(read.function),
    file: text(read.file),
    line: typeof read.line === 'number' ? read.line : null,
    inlined: read.inlined === true,
    found: read.found === 'kernel' || read.found === 'tables' ? read.found : 'search',
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? clip(escapeControls(value), MAX_CHARS) : null
}
