/** JSON of an engine that answers HTTP on a unix socket. */

import { request } from 'node:http'
import { NotifydError } from '../../errors.ts'

const TIMEOUT_MS = 10_000

/** Undefined where it says 404. */
export function askSocket<T>(socketPath: string, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(new NotifydError('ERR_INSTALL', `no answer at ${socketPath}`, { cause }))
    const sent = request({ socketPath, path, headers: { host: 'localhost' }, timeout: TIMEOUT_MS }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () => {
        const { statusCode = 0 } = response
        try {
          if (statusCode === 404) resolve(undefined as T)
          else if (statusCode === 200) resolve(JSON.parse(Buffer.concat(chunks).toString()) as T)
          else fail(new Error(`${path}: status ${statusCode}`))
        } catch (error) {
          fail(error)
        }
      })
    })
    sent.on('timeout', () => sent.destroy(new Error(`nothing came within ${TIMEOUT_MS} ms`)))
    sent.on('error', fail)
    sent.end()
  })
}
