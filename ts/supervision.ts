/** The daemon without its servers: the native supervisor, the books, and what is told of them. */

import { createNames } from './call-names.ts'
import { toTime, type Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import type { Container } from './containers.ts'
import { createControls } from './controls.ts'
import { createHooks, type DaemonEvents } from './daemon-hooks.ts'
import { Emitter } from './emitter.ts'
import { defaultAnswer, describeHandover } from './handover.ts'
import type { History } from './history.ts'
import type { DaemonSource } from './http/source.ts'
import { identification } from './identification.ts'
import { lastWordsOf } from './last-words.ts'
import type { Keeping } from './keeping.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { listenOn } from './listen-on.ts'
import type { Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createNarration } from './narration.ts'
import type { KeepOptions, Native, Supervisor } from './native.ts'
import { createRecordingSource, openRecordings } from './recording-source.ts'
import { createSource } from './source.ts'
import { supervisorOptions } from './supervisor-options.ts'
import { readVersion } from './version.ts'

export interface SupervisionDeps {
  config: Config
  clock: Clock
  native: Native
  history: History
  log: Log
  /** Where listeners are kept for the next daemon. */
  store?: Store | undefined
}

export interface Store {
  options: KeepOptions
  keeping: Keeping
}

export interface Supervision {
  emitter: Emitter<DaemonEvents>
  source: DaemonSource
  listen(inheritedFd?: number): void
  close(): Promise<void>
}

export function supervise({ config, clock, native, history, log, store }: SupervisionDeps): Supervision {
  let isReady = false
  let survives = false
  const setup = supervisorOptions(config)
  if (config.detail.calls !== 'off' && setup.inspection === undefined) {
    log.warn('seccomp-notifyd-inspect is not installed beside the addon: callers and arguments are not read')
  }
  const supervisor: Supervisor = new native.Supervisor(setup, () => ledger.wake())
  const emitter = new Emitter<DaemonEvents>()
  const names = createNames(native)
  const narration = createNarration(log, clock)
  const metrics = createMetrics(config.metrics, {
    stats: () => supervisor.stats(),
    states: () => ledger.registry.all().map(({ state }) => state),
    nowMs: clock.nowMs,
    build: { version: readVersion(), node: process.version, libseccomp: native.libseccompVersion() },
    lagSeconds: () => lagSeconds(clock),
  })
  const forget = (key: string) => ledger.registry.forget(key)
  const isKept = (key: string) => ledger.registry.get(key) !== undefined
  const keeping = store?.keeping.open(container => ledger.saved(container))
  const time = { toTime: toTime(clock), nowMs: clock.nowMs }
  const recordings = openRecordings({
    config,
    clock,
    names,
    resumed: store?.keeping.resumed,
    supervisor,
    told: narration.recorded,
    log,
    warning: (container, text) => hooks.warning(container, text),
  })
  const told = { emitter, history, metrics, narration, keeping, recordings, names, ...time, forget, isKept }
  const hooks = createHooks(told)
  const ledger: Ledger = createLedger({
    supervisor: () => supervisor,
    names,
    clock,
    storm: config.storm,
    epoch: clock.wallMs().toString(36),
    answer: defaultAnswer(config),
    describe: handover => ({ ...describeHandover(config, handover), lookUp: identification(handover) }),
    lastWords: container => lastWordsOf(container),
    reading: recordings.read,
    ...(store === undefined ? {} : { savedOf: store.keeping.of }),
    hooks,
  })

  /** What came back has to be served before anything that could belong to it. */
  function keep({ options: kept, keeping: { problems } }: Store): void {
    for (const problem of problems) log.warn({ problem }, 'what was kept of a container cannot be used')
    const problem = supervisor.keep(kept)
    survives = problem === null
    if (problem !== null) log.error({ problem }, 'listeners do not survive a restart: they cannot be kept')
    ledger.wake()
  }

  function listen(inheritedFd?: number): void {
    if (store !== undefined) keep(store)
    if (inheritedFd !== undefined) supervisor.listenOn(inheritedFd)
    else listenOn(supervisor, config.listener.socket)
    ledger.wake()
    isReady = true
  }

  async function close(): Promise<void> {
    isReady = false
    await ledger.close()
    for (const container of ledger.registry.all()) hooks.changed(container)
    recordings.close()
    keeping?.close()
    narration.close()
  }

  const read = createSource({
    ledger,
    history,
    clock,
    metrics,
    emitter,
    ready: () => isReady,
    survivesRestart: () => survives,
  })
  const changed = (container: Container, settings: string) => {
    narration.policyChanged(container, settings)
    hooks.changed(container)
  }
  const controls = createControls({ ledger, find: read.container, toTime: told.toTime, changed })
  const recorded = createRecordingSource(recordings, ledger.catchUp)
  return { emitter, source: { ...read, ...controls, ...recorded }, listen, close }
}

async function lagSeconds(clock: Clock): Promise<number> {
  const startedAtMs = clock.nowMs()
  await new Promise(resolve => void setImmediate(resolve))
  return (clock.nowMs() - startedAtMs) / 1000
}
