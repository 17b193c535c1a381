/** COMPOSITION: configuration in, running parts out, ordered shutdown. Decides nothing. */

import { join } from 'node:path'
import { clip } from './clip.ts'
import { systemClock, type Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import type { DaemonEvents } from './daemon-hooks.ts'
import type { Emitter } from './emitter.ts'
import { toNotifydError } from './errors.ts'
import { openHistory, type History } from './history.ts'
import type { startServers } from './http/server.ts'
import type { DaemonSource } from './http/source.ts'
import { createKeeping, type KeepingOptions } from './keeping.ts'
import type { Log, OwnedLog } from './log.ts'
import { loadNative, type Native } from './native.ts'
import type { ServiceManager } from './service-manager.ts'
import { supervise, type Store } from './supervision.ts'

/** Bounds a line of the log; `ps` shows all. */
const MOST_TOLD = 20
const MOST_ID_CHARS = 256

export interface DaemonDeps {
  /** Taken instead of one that writes JSON lines to standard error. */
  log?: Log
  native?: Native
  clock?: Clock
  startServers?: typeof startServers
  /** An inherited listening socket (LISTEN_FDS) instead of `listener.socket`. */
  listenFd?: number
  /** Told when the daemon is ready, and given its listeners where it has a store for them. */
  serviceManager?: ServiceManager
}

export interface Daemon extends Emitter<DaemonEvents>, DaemonSource {
  /** Where HTTP is served: `http://127.0.0.1:9797`, `unix:/run/seccomp-notifyd/api.sock`. */
  readonly addresses: readonly string[]
  /** Answers what is pending and lets go of everything; the second call waits for the first. */
  close(): Promise<void>
}

export async function createDaemon(config: Config, deps: DaemonDeps = {}): Promise<Daemon> {
  const undo: Undo = []
  try {
    return await compose(config, deps, undo)
  } catch (error) {
    await runBackwards(undo)
    throw toNotifydError(error)
  }
}

/** Each part puts what ends it on the list as soon as it lives. */
async function compose(config: Config, deps: DaemonDeps, undo: Undo): Promise<Daemon> {
  const { log, close: closeLog } = await openLog(config, deps.log)
  undo.push(closeLog)
  const clock = deps.clock ?? systemClock
  const native = deps.native ?? loadNative()
  const store = openStore(config, deps.serviceManager, { clock, problem: text => log.error(text) })
  const history = await openHistory({
    ...config,
    kept: store?.keeping,
    maxContainers: config.history.maxContainers,
    clock,
    problem: text => log.error(text),
  })
  undo.push(history.close)
  tellOfHistory(history, log)
  const supervision = supervise({ config, clock, history, log, native, store })
  undo.push(supervision.close)
  supervision.listen(deps.listenFd)
  const start = deps.startServers ?? (await import('./http/server.ts')).startServers
  const servers = await start({ config, source: supervision.source, log })
  undo.push(servers.close, clock.hold())
  const survivesRestart = supervision.source.survivesRestart()
  log.info({ listener: config.listener.socket, addresses: servers.addresses, survivesRestart }, 'ready')
  undo.push(announce(native, log, deps.serviceManager))
  const close = once(() => runBackwards(undo))
  return Object.assign(supervision.emitter, supervision.source, { addresses: servers.addresses, close })
}

/** None where the service manager takes nothing and has nothing. */
function openStore(
  { stateDir }: Config,
  manager: ServiceManager | undefined,
  told: Pick<KeepingOptions, 'clock' | 'problem'>,
): Store | undefined {
  if (manager === undefined || (manager.storeMax === 0 && manager.returned.length === 0)) return undefined
  const { notifySocket, storeMax: most, returned } = manager
  const folder = join(manager.folder ?? stateDir, 'kept')
  const keeping = createKeeping({ ...told, folder, returned: returned.map(({ name }) => name) })
  return { keeping, options: { notifySocket, folder, most, returned } }
}

/** Says that the daemon is ready; what is returned says that it ends. */
function announce(native: Native, log: Log, manager: ServiceManager | undefined): () => void {
  if (manager === undefined) return () => {}
  const tell = (text: string) => {
    const problem = native.tellServiceManager(manager.notifySocket, text)
    if (problem !== null) log.warn({ problem }, 'the service manager could not be told')
  }
  tell('READY=1')
  return () => tell('STOPPING=1')
}

function tellOfHistory({ skipped, orphaned }: History, log: Log): void {
  if (skipped > 0) log.warn({ lines: skipped }, 'lines of the history could not be read')
  if (orphaned.length === 0) return
  const ids = orphaned.slice(-MOST_TOLD).map(({ id }) => clip(id, MOST_ID_CHARS))
  log.warn(
    { containers: orphaned.length, ids },
    'containers lost their daemon: calls that their profile denies fail with ENOSYS and are not counted; restart them',
  )
}

/** The logger's package opens standard output when it is loaded: that is left to whoever needs it. */
async function openLog(config: Config, given: Log | undefined): Promise<OwnedLog> {
  if (given !== undefined) return { log: given, close: () => Promise.resolve() }
  return (await import('./log.ts')).createLog(config.log)
}

type Undo = (() => unknown)[]

async function runBackwards(undo: Undo): Promise<void> {
  for (const act of undo.toReversed()) await act()
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= act())
}
