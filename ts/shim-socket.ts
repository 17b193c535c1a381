/** The socket that the shim hands listeners over to. */

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'

/** Of the shim's own configuration. */
const CONFIGURATION = '/etc/seccomp-notifyd/runtime.json'
const DEFAULT = '/run/seccomp-notifyd/listener.sock'
const TIMEOUT_MS = 2000

export interface ShimSocket {
  path: string
  /** Missing where somebody listens. */
  problem?: string
}

export async function shimSocket(configuration = CONFIGURATION): Promise<ShimSocket> {
  const path = configuredSocket(configuration)
  const problem = await problemAt(path)
  return problem === undefined ? { path } : { path, problem }
}

/** A configuration that is wrong is told by the shim itself. */
function configuredSocket(file: string): string {
  try {
    const { listener } = JSON.parse(readFileSync(file, 'utf8')) as { listener?: unknown }
    return typeof listener === 'string' ? listener : DEFAULT
  } catch {
    return DEFAULT
  }
}

/** An empty connection is what the shim makes too; the daemon takes no notice of it. */
function problemAt(path: string): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect(path)
    const end = (problem?: string): void => {
      socket.destroy()
      resolve(problem)
    }
    socket.setTimeout(TIMEOUT_MS, () => end(`no answer within ${TIMEOUT_MS} ms`))
    socket.on('connect', () => end())
    socket.on('error', error => end(error.message))
  })
}
