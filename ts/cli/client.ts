/** A running daemon, over the unix socket of its HTTP interface. */

import { request } from 'node:http'
import { NotifydError } from '../errors.ts'

const TIMEOUT_MS = 10_000
const MOST_BYTES = 64 * 1024 * 1024

export interface ClientOptions {
  apiSocket?: string
  /** Configuration file of the daemon, which names its socket. */
  config?: string
}

/** The JSON at a path; undefined where the daemon says 404. */
export async function getJson(path: string, options: ClientOptions): Promise<unknown> {
  const socketPath = options.apiSocket ?? (await configuredSocket(options))
  const { status, body } = await get(socketPath, path)
  if (status === 404) return undefined
  if (status !== 200) throw new NotifydError('ERR_API', `the daemon at ${socketPath} answered ${status}${detail(body)}`)
  return parse(body, socketPath)
}

/** Loaded only where no option names the socket: the configuration brings its parsers along. */
async function configuredSocket({ config }: ClientOptions): Promise<string> {
  const { loadConfig } = await import('../config/load.ts')
  return loadConfig({ file: config }).http.socket
}

/** What a daemon of ours says with a refusal (RFC 9457). */
function detail(body: string): string {
  try {
    const { detail: text } = JSON.parse(body) as { detail?: unknown }
    return typeof text === 'string' ? `: ${text}` : ''
  } catch {
    return ''
  }
}

function parse(body: string, socketPath: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new NotifydError(
      'ERR_API',
      `what answers at ${socketPath} is no daemon of ours; name its socket with --api-socket`,
      { cause },
    )
  }
}

function get(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(unreachable(socketPath, cause))
    const sent = request({ socketPath, path, headers: { host: 'localhost' }, timeout: TIMEOUT_MS }, response => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > MOST_BYTES) response.destroy(new Error(`more than ${MOST_BYTES} bytes came`))
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      response.on('error', fail)
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    sent.on('error', fail)
    sent.end()
  })
}

function unreachable(socketPath: string, cause: Error): NotifydError {
  const hint = 'start one with `seccomp-notifyd serve`, or name its socket with --api-socket'
  return new NotifydError('ERR_API', `could not reach a daemon at ${socketPath} (${hint})`, { cause })
}
