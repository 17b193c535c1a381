/** Binds the HTTP interface to TCP and to the unix socket, and lets go of them in order. */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { splitAddress } from '../config/address.ts'
import type { Config } from '../config/schema.ts'
import { NotifydError } from '../errors.ts'
import { createAccess } from './access.ts'
import { createApp } from './app.ts'
import { createFeed } from './events/feed.ts'
import { hostAllowed, isLoopback } from './host.ts'
import { isFromBrowser } from './origin.ts'
import { problemResponse } from './problem.ts'
import { createRate } from './rate.ts'
import type { DaemonSource } from './source.ts'
import { readToken } from './token.ts'
import { listenUnix } from './unix-socket.ts'

/** The part of pino that is used here. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface ServerOptions {
  config: Pick<Config, 'http'>
  source: DaemonSource
  log: Log
  /** How long open requests may take at close. */
  graceMs?: number
}

export interface Servers {
  /** `http://127.0.0.1:9797`, `unix:/run/seccomp-notifyd/api.sock` */
  addresses: string[]
  close(): Promise<void>
}

/** `client`: the address that asks, of TCP alone. */
type Fetch = (request: Request, client?: string) => Response | Promise<Response>

interface Bound {
  address: string
  close(graceMs: number): Promise<void>
}

export async function startServers({ config, source, log, graceMs = 2000 }: ServerOptions): Promise<Servers> {
  const { address, socket, tokenFile, requestBurst: burst, requestsPerSecond: perSecond } = config.http
  const refuse = createAccess(tokenFile === null ? undefined : readToken(tokenFile))
  const feed = createFeed(source)
  const rate = createRate({ burst, perSecond })
  const app = createApp(source, { feed, refuse, rate, report: err => log.error({ err }, 'request failed') })
  const bound = [await bindUnix(socket, request => app.fetch(request, { via: 'unix' }))]
  const close = async (): Promise<void> => {
    feed.close()
    await Promise.all(bound.map(server => server.close(graceMs)))
  }
  try {
    if (address !== null)
      bound.push(await bindTcp(address, (request, client) => app.fetch(request, { via: 'tcp', client }), log))
  } catch (error) {
    await close()
    throw error
  }
  return { addresses: bound.map(each => each.address), close }
}

async function bindUnix(path: string, fetch: Fetch): Promise<Bound> {
  const server = serverOf(guardedFromBrowsers(fetch))
  const socket = await listenUnix(server, path)
  const close = async (graceMs: number): Promise<void> => {
    await socket.remove()
    await closeServer(server, graceMs)
  }
  return { address: `unix:${path}`, close }
}

async function bindTcp(address: string, fetch: Fetch, log: Log): Promise<Bound> {
  const target = splitAddress(address)
  if (target === undefined) throw new NotifydError('ERR_CONFIG', `${address} is not an address`)
  if (!isLoopback(target.host)) log.warn({ address }, 'HTTP is open to other machines, without a password')
  const server = serverOf(guarded(fetch, target.host.toLowerCase()))
  await listenTcp(server, address, target)
  const { address: host, port } = server.address() as AddressInfo
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: graceMs => closeServer(server, graceMs),
  }
}

/** A forwarded socket can be reached by browsers, and so by pages whose name suddenly means this host. */
function guardedFromBrowsers(fetch: Fetch): Fetch {
  const guardedFetch = guarded(fetch, 'localhost')
  return request => (isFromBrowser(request.headers) ? guardedFetch(request) : fetch(request))
}

function guarded(fetch: Fetch, configuredHost: string): Fetch {
  return (request, client) =>
    hostAllowed(request.headers.get('Host'), configuredHost)
      ? fetch(request, client)
      : problemResponse('ERR_HOST', 'the Host header is not a name of this server; use its IP address')
}

/** A reader of a few kilobytes needs no more; slow or endless ones are let go. */
function serverOf(fetch: Fetch): Server {
  const limits = { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5000 }
  const listener = getRequestListener((request, { incoming }) => fetch(request, incoming.socket.remoteAddress), {
    overrideGlobalObjects: false,
  })
  const server = createServer(limits, (request, response) => void listener(request, response))
  server.maxConnections = 256
  return server
}

function listenTcp(server: Server, address: string, target: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause => reject(unbindable(address, cause)))
    server.listen(target, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function unbindable(address: string, cause: NodeJS.ErrnoException): NotifydError {
  if (cause.code === 'EADDRINUSE') {
    const hint = '`ss -ltnp` shows by whom; choose another with --http or http.address'
    return new NotifydError('ERR_ADDRESS_IN_USE', `the address ${address} is in use; ${hint}`, { cause })
  }
  return new NotifydError('ERR_ADDRESS', `could not listen on ${address}`, { cause })
}

/** close() alone waits for ever on an open connection. */
async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => void server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(timer)
}
