/** The daemon without its servers: the native supervisor, the books, and what is told of them. */

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createNames } from './call-names.ts'
import { toTime, type Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import { viewOf } from './container-view.ts'
import type { Container } from './containers.ts'
import { createControls } from './controls.ts'
import { createHooks, type DaemonEvents } from './daemon-hooks.ts'
import { Emitter } from './emitter.ts'
import { NotifydError } from './errors.ts'
import { defaultAnswer, describeHandover } from './handover.ts'
import type { History } from './history.ts'
import type { DaemonSource } from './http/source.ts'
import { identification } from './identification.ts'
import { inspectionOf } from './inspection.ts'
import { lastWordsOf } from './last-words.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createNarration } from './narration.ts'
import type { Native, Supervisor, SupervisorOptions } from './native.ts'
import { createSource } from './source.ts'
import { readVersion } from './version.ts'

export interface SupervisionDeps {
  config: Config
  clock: Clock
  native: Native
  history: History
  log: Log
}

export interface Supervision {
  emitter: Emitter<DaemonEvents>
  source: DaemonSource
  listen(inheritedFd?: number): void
  close(): Promise<void>
}

const RING_EVENTS = 65_536

export function supervise({ config, clock, native, history, log }: SupervisionDeps): Supervision {
  let isReady = false
  const options = supervisorOptions(config)
  if (config.detail.calls !== 'off' && options.inspection === undefined) {
    log.warn('seccomp-notifyd-inspect is not installed beside the addon: callers and arguments are not read')
  }
  const supervisor: Supervisor = new native.Supervisor(options, () => ledger.wake())
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
  const told = {
    emitter,
    history,
    metrics,
    narration,
    names,
    toTime: toTime(clock),
    nowMs: clock.nowMs,
    forget,
    isKept,
  }
  const ledger: Ledger = createLedger({
    supervisor: () => supervisor,
    names,
    clock,
    storm: config.storm,
    epoch: clock.wallMs().toString(36),
    answer: defaultAnswer(config),
    describe: handover => ({ ...describeHandover(config, handover), lookUp: identification(handover) }),
    lastWords: container => lastWordsOf(container),
    hooks: createHooks(told),
  })

  function listen(inheritedFd?: number): void {
    if (inheritedFd !== undefined) supervisor.listenOn(inheritedFd)
    else listenOn(supervisor, config.listener.socket)
    ledger.wake()
    isReady = true
  }

  async function close(): Promise<void> {
    isReady = false
    await ledger.close()
    narration.close()
  }

  const read = createSource({ ledger, history, clock, metrics, emitter, ready: () => isReady })
  const changed = (container: Container, settings: string) => {
    narration.policyChanged(container, settings)
    history.changed(container.key, () => viewOf(container, told.toTime))
  }
  const controls = createControls({ ledger, find: read.container, toTime: told.toTime, changed })
  return { emitter, source: { ...read, ...controls }, listen, close }
}

function supervisorOptions(config: Config): SupervisorOptions {
  const { maxListeners, handoverTimeoutMs } = config.listener
  return {
    answer: defaultAnswer(config),
    mayContinue: config.containersMay.includes('continue'),
    ringEvents: RING_EVENTS,
    handoverTimeoutMs,
    ...(maxListeners === null ? {} : { maxListeners }),
    ...inspectionOf(config.detail),
  }
}

function listenOn(supervisor: Supervisor, path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (cause) {
    throw new NotifydError('ERR_SOCKET', `cannot make the folder of the listener socket ${path}`, { cause })
  }
  supervisor.listen(path)
}

async function lagSeconds(clock: Clock): Promise<number> {
  const startedAtMs = clock.nowMs()
  await new Promise(resolve => void setImmediate(resolve))
  return (clock.nowMs() - startedAtMs) / 1000
}
