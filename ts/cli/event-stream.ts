/** A running daemon's `/v1/events`, one event at a time. */

import { request, type IncomingMessage } from 'node:http'
import { NotifydError } from '../errors.ts'
import { detail, socketOf, unreachable, type ClientOptions } from './client.ts'

export interface StreamEvent {
  /** `call` or `dropped`. */
  event: string
  data: unknown
}

/** The daemon says something every 15 s. */
const SILENCE_MS = 60_000
/** What a refusal may hold. */
const MOST_CHARS = 65_536

/** Ends when the signal says so; whatever else ends it is an error. */
export async function* streamEvents(
  path: string,
  options: ClientOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const socketPath = await socketOf(options)
  try {
    const response = await open(socketPath, path, signal)
    if (response.statusCode !== 200) throw await refusal(response, socketPath)
    yield* parse(response)
  } catch (cause) {
    if (signal.aborted) return
    if (cause instanceof NotifydError) throw cause
    throw unreachable(socketPath, cause as Error)
  }
  if (!signal.aborted) throw new NotifydError('ERR_API', `the daemon at ${socketPath} has ended the stream`)
}

function open(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, headers: { host: 'localhost' }, signal, timeout: SILENCE_MS }, resolve)
    sent.on('timeout', () => sent.destroy(new Error(`nothing came for ${SILENCE_MS} ms`)))
    sent.on('error', reject)
    sent.end()
  })
}

async function refusal(response: IncomingMessage, socketPath: string): Promise<NotifydError> {
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) if (body.length < MOST_CHARS) body += String(chunk)
  return new NotifydError('ERR_API', `the daemon at ${socketPath} answered ${response.statusCode}${detail(body)}`)
}

/** Our daemon ends lines with a line feed, and an event has one line of data. */
async function* parse(response: IncomingMessage): AsyncGenerator<StreamEvent> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8')) {
    const blocks = (rest + String(chunk)).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = /^event: (\w+)$/m.exec(block)?.[1]
      const data = /^data: (\{.*\})$/m.exec(block.replaceAll(/[\u2028\u2029]/g, escape))?.[1]
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as unknown }
    }
  }
}

/** Line breaks to a regular expression, and none to the stream. */
function escape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16)}`
}
