/** Reads text/event-stream as the HTML standard says, so that a test sees what a browser would. */

import { request } from 'node:http'
import { Readable } from 'node:stream'

export interface StreamEvent {
  event: string
  data: unknown
  id: string | undefined
}

export interface EventReader {
  /** The next event; comments are kept apart. Undefined: the stream has ended. */
  next(): Promise<StreamEvent | undefined>
  take(count: number): Promise<StreamEvent[]>
  /** So far. */
  comments: string[]
  cancel(): Promise<void>
}

export function readEvents(response: Response): EventReader {
  if (response.body === null) throw new Error('there is no body')
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  const comments: string[] = []
  const ready: StreamEvent[] = []
  let rest = ''

  function parse(): void {
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = block.split('\n').map(line => /^([a-z]*): ?([^]*)$/.exec(line))
      const field = (name: string) => fields.find(each => each?.[1] === name)?.[2]
      comments.push(...fields.filter(each => each?.[1] === '').map(each => each?.[2] ?? ''))
      const data = field('data')
      if (data !== undefined)
        ready.push({ event: field('event') ?? 'message', data: JSON.parse(data) as unknown, id: field('id') })
    }
  }

  async function next(): Promise<StreamEvent | undefined> {
    while (ready.length === 0) {
      const { done, value } = await reader.read()
      if (done) return undefined
      rest += decoder.decode(value, { stream: true })
      parse()
    }
    return ready.shift()
  }

  async function take(count: number): Promise<StreamEvent[]> {
    const taken: StreamEvent[] = []
    while (taken.length < count) {
      const event = await next()
      if (event === undefined) throw new Error(`the stream ended after ${taken.length} events`)
      taken.push(event)
    }
    return taken
  }

  return { next, take, comments, cancel: () => reader.cancel() }
}

/** Connects to a daemon's socket as `curl -N --unix-socket` would. */
export function openStream(socketPath: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, headers, agent: false }, answer => {
      const body = Readable.toWeb(answer) as ReadableStream<Uint8Array>
      resolve(new Response(body, { status: answer.statusCode ?? 0, headers: answer.headers as Record<string, string> }))
    })
    sent.once('error', reject).end()
  })
}
