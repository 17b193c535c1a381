/**
 * One daemon per state folder. The lock is a listening unix socket in the folder: the kernel tells whether its owner
 * lives, in whatever pid or network namespace, and a SIGKILL releases it.
 */

import { linkSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { NotifydError } from './errors.ts'

/** Gives the folder free again. */
export type Unlock = () => Promise<void>

const ATTEMPTS = 5

export async function lock(folder: string): Promise<Unlock> {
  const path = join(folder, 'lock')
  const own = `${path}.${process.pid}`
  rmSync(own, { force: true })
  const server = await listen(own)
  try {
    await take(folder, own, path)
  } catch (error) {
    await close(server)
    throw error
  } finally {
    rmSync(own, { force: true })
  }
  return async () => {
    rmSync(path, { force: true })
    await close(server)
  }
}

/** link(2) fails where the name is taken, so that two starters cannot both have it. */
async function take(folder: string, own: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (linked(own, path)) return
    if (await isAlive(path)) break
    await removeStale(own, path)
  }
  throw new NotifydError(
    'ERR_STATE_DIR_IN_USE',
    `another daemon uses the state folder ${folder}; give each its own stateDir`,
  )
}

/** Moved aside first, because another starter may have put a living lock there since it was tested. */
async function removeStale(own: string, path: string): Promise<void> {
  const aside = `${own}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (await isAlive(aside)) linked(aside, path)
  rmSync(aside, { force: true })
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => void socket.destroy()).unref()
    server.once('error', cause => reject(new NotifydError('ERR_STATE_DIR', `cannot lock ${path}`, { cause })))
    server.listen(path, () => resolve(server))
  })
}

function isAlive(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    const answer = (alive: boolean) => () => {
      socket.destroy()
      resolve(alive)
    }
    socket.once('connect', answer(true)).once('error', answer(false))
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => void server.close(() => resolve()))
}
