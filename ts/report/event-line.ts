/** PURE. One answered call on one line, in the manner of strace. */

import type { StreamedCall } from '../http/events/call.ts'
import type { Dropped } from '../http/events/frames.ts'
import { callText, callerText } from './detail.ts'
import { escapeText } from './format.ts'

const KEY_COLUMNS = 28
const MOST_CHARS = 64

/** `mark`: what makes the answer stand out. */
export function eventLine(event: StreamedCall, mark = (answer: string): string => answer): string {
  const { at, container, syscall, abi, args, errno, verdict, phase, tid, detail } = event
  const who = escapeText(container?.key ?? '-', MOST_CHARS).padEnd(KEY_COLUMNS)
  const call = callText(escapeText(syscall, MOST_CHARS), detail?.missing === null ? detail.args : args)
  const caller = detail === undefined ? '' : `  ${callerText(detail)}`
  const told = [`tid ${tid}`, abi, `verdict ${verdict}`, ...(phase === 'init' ? ['init'] : [])]
  return `${at.slice(11, 23)}  ${who}  ${call} = ${mark(errno ?? 'let run')}  [${told.map(text => escapeText(text)).join(', ')}]${caller}\n`
}

const REASONS: Record<Dropped['reason'], string> = {
  slow: 'they came faster than they were read',
  gone: 'too many of all containers came at once',
  restart: 'the daemon was restarted',
}

export function droppedLine({ reason, calls }: Dropped): string {
  return `${calls ?? 'an unknown number of'} ${calls === 1 ? 'call is' : 'calls are'} missing here: ${REASONS[reason]}`
}
