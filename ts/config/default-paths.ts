/** PURE. Where sockets and state are when nothing is configured. */

export interface Surroundings {
  uid: number
  env: Readonly<Record<string, string | undefined>>
}

export interface DefaultPaths {
  listenerSocket: string
  apiSocket: string
  stateDir: string
}

export const systemConfigFile = '/etc/seccomp-notifyd/config.yaml'

const systemPaths: DefaultPaths = {
  listenerSocket: '/run/seccomp-notifyd/listener.sock',
  apiSocket: '/run/seccomp-notifyd/api.sock',
  stateDir: '/var/lib/seccomp-notifyd',
}

export function defaultPaths({ uid, env }: Surroundings): DefaultPaths {
  if (uid === 0) return systemPaths
  const runtimeDir = absolute(env['XDG_RUNTIME_DIR']) ?? `/run/user/${uid}`
  const stateHome = absolute(env['XDG_STATE_HOME']) ?? `${absolute(env['HOME']) ?? ''}/.local/state`
  return {
    listenerSocket: `${runtimeDir}/seccomp-notifyd/listener.sock`,
    apiSocket: `${runtimeDir}/seccomp-notifyd/api.sock`,
    stateDir: `${stateHome}/seccomp-notifyd`,
  }
}

/** The XDG base directory specification: relative paths must be ignored. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true ? path : undefined
}
