/** A client's text as the body of a response. It is pulled: what the other side does not read is not made. */

import type { Client } from './client.ts'
import type { Feed } from './feed.ts'
import { GREETING } from './frames.ts'

export function bodyOf(client: Client, feed: Feed): ReadableStream<Uint8Array> {
  let stalled: NodeJS.Timeout | undefined
  let greeted = false

  function leave(): void {
    clearTimeout(stalled)
    feed.leave(client)
  }

  /** Until the next pull the other side has not read what it was given. */
  function watch(controller: ReadableStreamDefaultController<Uint8Array>): void {
    clearTimeout(stalled)
    stalled = setTimeout(() => {
      leave()
      controller.error(new Error('the client does not read'))
    }, feed.limits.stallMs).unref()
  }

  function first(): Uint8Array {
    greeted = true
    return Buffer.from(GREETING)
  }

  async function pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    clearTimeout(stalled)
    const bytes = greeted ? await client.next() : first()
    if (bytes !== undefined) {
      controller.enqueue(bytes)
      return watch(controller)
    }
    leave()
    controller.close()
  }

  return new ReadableStream({ start: watch, pull, cancel: leave }, { highWaterMark: 0 })
}
