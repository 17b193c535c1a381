/** A request that changes something, and the JSON that answers it. */

import { request, type RequestOptions } from 'node:http'

type Options = Omit<RequestOptions, 'headers'> & { headers?: Record<string, string> }

export function send(options: Options, body?: object): Promise<{ status: number; answer: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const sent = request({ agent: false, ...options, headers: { ...headers, ...options.headers } }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => (text += more))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, answer: JSON.parse(text) as Record<string, unknown> }),
      )
    })
    sent.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}
