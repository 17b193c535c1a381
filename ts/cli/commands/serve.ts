/** `serve`: the daemon, until it is told to end. */

import { loadConfig, type Override } from '../../config/load.ts'
import { createDaemon } from '../../daemon.ts'
import { EXIT } from '../exit-codes.ts'
import { passedSocket } from '../passed-socket.ts'

export interface ServeFlags {
  config?: string
  listenerSocket?: string
  apiSocket?: string
  http?: string
  stateDir?: string
  action?: string
  logLevel?: string
}

const SETTINGS: Record<Exclude<keyof ServeFlags, 'config'>, [setting: string, flag: string]> = {
  listenerSocket: ['listener.socket', '--listener-socket'],
  apiSocket: ['http.socket', '--api-socket'],
  http: ['http.address', '--http'],
  stateDir: ['stateDir', '--state-dir'],
  action: ['policy.action', '--action'],
  logLevel: ['log.level', '--log-level'],
}

export async function serve(flags: ServeFlags): Promise<number> {
  const config = loadConfig({ file: flags.config, overrides: overrides(flags) })
  const listenFd = passedSocket(process.env, process.pid)
  // From now on, since containers are served before everything else has started.
  const end = terminated()
  const daemon = await createDaemon(config, listenFd === undefined ? {} : { listenFd })
  await end
  await daemon.close()
  return EXIT.ok
}

function overrides(flags: ServeFlags): Override[] {
  return Object.entries(SETTINGS).flatMap(([name, [setting, flag]]) => {
    const value = flags[name as keyof typeof SETTINGS]
    return value === undefined ? [] : [{ setting, flag, value }]
  })
}

/** The second signal ends the process at once, as it would without us. */
function terminated(): Promise<void> {
  return new Promise(resolve => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
}
