/** `events`: calls of a running daemon's containers, as they are answered. */

import type { StreamedCall } from '../../http/events/call.ts'
import type { Dropped } from '../../http/events/frames.ts'
import { droppedLine, eventLine } from '../../report/event-line.ts'
import { formatJson } from '../../report/format.ts'
import type { ClientOptions } from '../client.ts'
import { colorAnswer } from '../colors.ts'
import { streamEvents, type StreamEvent } from '../event-stream.ts'
import { EXIT } from '../exit-codes.ts'
import { isPrinted, say } from '../output.ts'

export interface EventsFlags extends ClientOptions {
  container?: string[]
  syscall?: string
  verdict?: string
  json?: boolean
}

export async function events({ json = false, ...flags }: EventsFlags): Promise<number> {
  const end = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end.abort())
  for await (const event of streamEvents(pathOf(flags), flags, end.signal)) {
    const isRead = json ? isPrinted(formatJson({ event: event.event, ...(event.data as object) }, 0)) : tell(event)
    if (!isRead) break
  }
  return EXIT.ok
}

function pathOf({ container = [], syscall, verdict }: EventsFlags): string {
  const query = new URLSearchParams(container.map((name): [string, string] => ['container', name]))
  if (syscall !== undefined) query.append('syscall', syscall)
  if (verdict !== undefined) query.append('verdict', verdict)
  return `/v1/events?${query.toString()}`
}

/** False: nobody reads any more. */
function tell({ event, data }: StreamEvent): boolean {
  if (event === 'call') return isPrinted(eventLine(data as StreamedCall, colorAnswer))
  if (event === 'dropped') say(droppedLine(data as Dropped))
  return true
}
