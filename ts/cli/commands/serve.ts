/** `serve`: the daemon, until it is told to end. */

import { loadConfig, type Override } from '../../config/load.ts'
import { createDaemon, type DaemonDeps } from '../../daemon.ts'
import { EXIT } from '../exit-codes.ts'
import { NotifydError } from '../../errors.ts'
import { readServiceManager } from '../../service-manager.ts'
import { passedDescriptors } from '../passed-descriptors.ts'

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
  const given = readPassed()
  // From now on, since containers are served before everything else has started.
  const end = terminated()
  const daemon = await createDaemon(config, given)
  await end
  await daemon.close()
  return EXIT.ok
}

/** What the service manager passed, and itself. */
function readPassed(): Pick<DaemonDeps, 'listenFd' | 'serviceManager'> {
  const { socket, stored } = passedDescriptors(process.env, process.pid)
  const serviceManager = readServiceManager(process.env, stored)
  if (serviceManager === undefined && stored.length > 0) {
    const problem = 'cannot take over listeners that a service manager kept: NOTIFY_SOCKET is not set'
    throw new NotifydError('ERR_SOCKET', problem)
  }
  return {
    ...(socket === undefined ? {} : { listenFd: socket }),
    ...(serviceManager === undefined ? {} : { serviceManager }),
  }
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
