/** A running daemon, over the unix socket of its HTTP interface. */

import { request } from 'node:http'
import { NotifydError } from '../errors.ts'

type Method = 'GET' | 'POST' | 'DELETE'

/** A stop alone may take ten seconds. */
const TIMEOUT_MS = { GET: 10_000, POST: 30_000, DELETE: 10_000 } as const
const MOST_BYTES = 64 * 1024 * 1024

export interface ClientOptions {
  apiSocket?: string
  /** Configuration file of the daemon, which names its socket. */
  config?: string
}

/** The JSON at a path; undefined where the daemon says 404. */
export function getJson(path: string, options: ClientOptions): Promise<unknown> {
  return askJson('GET', path, options)
}

/** Has something done; what comes of it takes its time. */
export function postJson(path: string, options: ClientOptions): Promise<unknown> {
  return askJson('POST', path, options)
}

/** Has something forgotten. */
export function deleteJson(path: string, options: ClientOptions): Promise<unknown> {
  return askJson('DELETE', path, options)
}

async function askJson(method: Method, path: string, options: ClientOptions): Promise<unknown> {
  const socketPath = await socketOf(options)
  const { status, body } = await ask(socketPath, method, path)
  if (status === 404) return undefined
  if (status !== 200) throw new NotifydError('ERR_API', `the daemon at ${socketPath} answered ${status}${detail(body)}`)
  return parse(body, socketPath)
}

export async function socketOf(options: ClientOptions): Promise<string> {
  return options.apiSocket ?? (await configuredSocket(options))
}

/** Loaded only where no option names the socket: the configuration brings its parsers along. */
async function configuredSocket({ config }: ClientOptions): Promise<string> {
  const { loadConfig } = await import('../config/load.ts')
  return loadConfig({ file: config }).http.socket
}

/** What a daemon of ours says with a refusal (RFC 9457). */
export function detail(body: string): string {
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

function ask(socketPath: string, method: Method, path: string): Promise<{ status: number; body: string }> {
  const timeout = TIMEOUT_MS[method]
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(unreachable(socketPath, cause))
    const sent = request({ socketPath, method, path, headers: { host: 'localhost' }, timeout }, response => {
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
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout} ms`)))
    sent.on('error', fail)
    sent.end()
  })
}

export function unreachable(socketPath: string, cause: Error): NotifydError {
  const hint = 'start one with `seccomp-notifyd serve`, or name its socket with --api-socket'
  return new NotifydError('ERR_API', `could not reach a daemon at ${socketPath} (${hint})`, { cause })
}
