/**
 * A unix socket whose path is never open to others, never exists without a listener, and is never taken
 * from a living process.
 */

import { chmod, link, lstat, mkdir, mkdtemp, open, rename, rm, unlink, type FileHandle } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { NotifydError } from '../errors.ts'

export interface BoundSocket {
  /** Removes the path if it is still this socket's. To be called before the server is closed. */
  remove(): Promise<void>
}

interface Identity {
  dev: number
  ino: number
}

/** A daemon that starts at the same moment may win a round; it does not win many. */
const mostAttempts = 5

/** Listens inside a fresh folder of mode 0700, then gives the socket its name. */
export async function listenUnix(server: Server, path: string): Promise<BoundSocket> {
  try {
    return await listenInNursery(server, path)
  } catch (cause) {
    if (cause instanceof NotifydError) throw cause
    throw new NotifydError('ERR_SOCKET_PATH', `could not listen on ${path}`, { cause })
  }
}

async function listenInNursery(server: Server, path: string): Promise<BoundSocket> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const nursery = await mkdtemp(join(dirname(path), '.notifyd-'))
  try {
    return await listenFrom(nursery, server, path)
  } finally {
    await rm(nursery, { recursive: true, force: true })
  }
}

async function listenFrom(nursery: string, server: Server, path: string): Promise<BoundSocket> {
  const folder = await open(nursery, 'r')
  server.once('close', () => void folder.close())
  const fresh = join(nursery, basename(nursery))
  try {
    await listen(server, shortened(folder, fresh))
    await chmod(fresh, 0o600)
    const identity = await lstat(fresh)
    await publish(fresh, path, nursery)
    return { remove: () => removeOwn(path, identity) }
  } catch (error) {
    if (server.listening) server.close()
    else await folder.close()
    throw error
  }
}

/**
 * The folder's path may be longer than sun_path (107 bytes), its descriptor's is not. The name is unique
 * because Node unlinks it again at close, when the number may stand for another folder.
 */
function shortened(folder: FileHandle, fresh: string): string {
  return `/proc/self/fd/${folder.fd}/${basename(fresh)}`
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** link(2) does not overwrite, so of two daemons one fails. */
async function publish(fresh: string, path: string, nursery: string): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    if (await linked(fresh, path)) return
    await clearStale(path, join(nursery, `stale-${attempt}`))
  }
  throw busy(path)
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

async function clearStale(path: string, aside: string): Promise<void> {
  const found = await identify(path)
  if (found === undefined) return
  if (!(await isDead(path))) throw busy(path)
  await rename(path, aside).catch(ignoreMissing)
  // Between the test and the move another daemon may have put its living socket there.
  const taken = await lstat(aside).catch(ignoreMissing)
  if (taken === undefined || sameFile(taken, found)) return
  await link(aside, path)
  throw busy(path)
}

async function identify(path: string): Promise<Identity | undefined> {
  const found = await lstat(path).catch(ignoreMissing)
  if (found === undefined || found.isSocket()) return found
  throw new NotifydError('ERR_SOCKET_PATH', `${path} exists and is not a socket; remove it or choose another path`)
}

function isDead(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(false)).once('connect', () => socket.destroy())
    socket.once('error', error => {
      if (codeOf(error) === 'ECONNREFUSED' || codeOf(error) === 'ENOENT') resolve(true)
      else
        reject(
          new NotifydError('ERR_SOCKET_PATH', `could not test whether somebody listens on ${path}`, { cause: error }),
        )
    })
  })
}

async function removeOwn(path: string, identity: Identity): Promise<void> {
  const found = await lstat(path).catch(ignoreMissing)
  if (found !== undefined && sameFile(found, identity)) await unlink(path).catch(ignoreMissing)
}

function sameFile(a: Identity, b: Identity): boolean {
  return a.dev === b.dev && a.ino === b.ino
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

function busy(path: string): NotifydError {
  return new NotifydError('ERR_SOCKET_IN_USE', `another process listens on ${path}; stop it or choose another path`)
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}
