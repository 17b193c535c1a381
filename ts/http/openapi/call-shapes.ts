/** PURE: what single calls are made of, under the names that openapi.json gives them. */

import type { CallCount } from '../../container-view.ts'
import type { CallDetail, CallSite } from '../../detail.ts'
import type { CodeFrame } from '../../frames.ts'
import type { StreamedCall } from '../events/call.ts'
import { flag, list, nullable, oneOf, ref, shape, time, whole, words, type Schema } from './schema.ts'

const phase = oneOf(['init', 'run'])

export const callSchemas: Record<string, Schema> = {
  CallCount: shape<CallCount>(
    {
      syscall: words,
      abi: words,
      number: whole,
      verdict: words,
      phase,
      count: whole,
      firstAt: time,
      lastAt: time,
      registers: list(list(words)),
      detail: ref('CallDetail'),
      sites: list(ref('CallSite')),
    },
    ['registers', 'detail', 'sites'],
  ),
  CallSite: shape<CallSite>({ looks: whole, count: nullable(whole), detail: ref('CallDetail') }),
  CallDetail: shape<CallDetail>({
    missing: nullable(oneOf(['timed out', 'failed'])),
    pid: nullable(whole),
    comm: nullable(words),
    exe: nullable(words),
    cmdline: list(words),
    cwd: nullable(words),
    args: list(words),
    site: nullable(words),
    frames: list(ref('CodeFrame')),
    framesEnd: nullable(words),
  }),
  CodeFrame: shape<CodeFrame>({
    module: words,
    buildId: nullable(words),
    offset: words,
    function: nullable(words),
    file: nullable(words),
    line: nullable(whole),
    inlined: flag,
    found: oneOf(['kernel', 'tables', 'search']),
  }),
  Call: shape<StreamedCall>(
    {
      container: nullable(shape<NonNullable<StreamedCall['container']>>({ key: words, id: words, name: words })),
      syscall: words,
      abi: words,
      number: whole,
      verdict: words,
      errno: nullable(words),
      phase,
      continued: flag,
      args: list(words),
      instructionPointer: words,
      tid: whole,
      at: time,
      latencyNs: whole,
      sequence: whole,
      detail: ref('CallDetail'),
    },
    ['detail'],
  ),
}
