/** The daemon without its servers: the native supervisor, the books, and what is told of them. */

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createNames } from './call-names.ts'
import { toTime, type Clock } from './clock.ts'
import type { Config } from './config/schema.ts'
import { viewOf, type ContainerView } from './container-view.ts'
import { createHooks, type DaemonEvents } from './daemon-hooks.ts'
import { Emitter } from './emitter.ts'
import { NotifydError } from './errors.ts'
import { defaultAnswer, describeHandover } from './handover.ts'
import type { History } from './history.ts'
import type { DaemonSource, MetricsText } from './http/source.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { Log } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { NotifydEvent } from './named-event.ts'
import { createNarration } from './narration.ts'
import type { Native, Supervisor, SupervisorOptions } from './native.ts'
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
  const supervisor: Supervisor = new native.Supervisor(supervisorOptions(config), () => ledger.wake())
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
  const told = { emitter, history, metrics, narration, names, toTime: toTime(clock), nowMs: clock.nowMs, forget }
  const ledger: Ledger = createLedger({
    supervisor: () => supervisor,
    names,
    clock,
    storm: config.storm,
    epoch: clock.wallMs().toString(36),
    answer: defaultAnswer(config),
    describe: handover => describeHandover(config, handover),
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

  const source = createSource({ ledger, history, clock, metrics, emitter, ready: () => isReady })
  return { emitter, source, listen, close }
}

function supervisorOptions(config: Config): SupervisorOptions {
  const { maxListeners, handoverTimeoutMs } = config.listener
  return {
    answer: defaultAnswer(config),
    mayContinue: config.containersMay.includes('continue'),
    ringEvents: RING_EVENTS,
    handoverTimeoutMs,
    ...(maxListeners === null ? {} : { maxListeners }),
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

interface SourceDeps {
  ledger: Ledger
  history: History
  clock: Clock
  metrics: Metrics
  emitter: Emitter<DaemonEvents>
  ready: () => boolean
}

/** Live containers are in the registry, ended ones in the history, none in both. Every reader sees what is so now. */
function createSource({ ledger, history, clock, metrics, emitter, ready }: SourceDeps): DaemonSource {
  const { registry, catchUp } = ledger
  const time = toTime(clock)

  function containers(): ContainerView[] {
    catchUp()
    return [...history.views(), ...registry.all().map(each => viewOf(each, time))]
  }

  function container(wanted: string): ContainerView | undefined {
    catchUp()
    const live = registry.get(wanted)
    if (live !== undefined) return viewOf(live, time)
    return history.get(wanted) ?? newest(containers().filter(({ id }) => id === wanted))
  }

  function metricsText(): Promise<MetricsText> {
    catchUp()
    return metrics.text()
  }

  function onEvent(take: (event: NotifydEvent) => void): () => void {
    emitter.on('event', take)
    return () => void emitter.off('event', take)
  }

  return { containers, container, ready, metricsText, onEvent, timeOf: time }
}

function newest(views: ContainerView[]): ContainerView | undefined {
  return views.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1)).at(-1)
}
