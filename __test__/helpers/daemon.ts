/** A daemon in this process: the addon, the clock and HTTP are fakes, the history is a real file. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Config } from '../../ts/config/schema.ts'
import { createDaemon, type Daemon } from '../../ts/daemon.ts'
import { createClock, type TestClock } from './clock.ts'
import { parseMetrics } from './daemon-process.ts'
import { createFakeNative, type FakeSupervisor } from './fake-native.ts'

export interface LogRecord {
  level: string
  text: string
  [field: string]: unknown
}

export interface Setting {
  daemon: Daemon
  fake: FakeSupervisor
  clock: TestClock
  logs: LogRecord[]
  config: Config
  metric(name: string, labels?: Record<string, string>): Promise<number>
  /** A daemon on the same folder. */
  again(): Promise<Setting>
}

export interface Settings {
  policy?: Partial<Config['policy']>
  storm?: Config['storm']
  crioForm?: 'syscalls' | 'syscall'
  containersMay?: Config['containersMay']
}

export const INIT = { pid: 77, startTicks: 1 }

export async function startFake(t: ExecutionContext, settings: Settings = {}): Promise<Setting> {
  const folder = mkdtempSync(join(tmpdir(), 'daemon-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return start(t, configOf(folder, settings), createClock())
}

async function start(t: ExecutionContext, config: Config, clock: TestClock): Promise<Setting> {
  const { native, supervisor } = createFakeNative(clock.nowMs)
  const logs: LogRecord[] = []
  const startServers = () => Promise.resolve({ addresses: ['fake:'], close: () => Promise.resolve() })
  const daemon = await createDaemon(config, { native, clock, log: recorder(logs), startServers })
  t.teardown(() => daemon.close())
  return {
    daemon,
    fake: supervisor(),
    clock,
    logs,
    config,
    metric: (name, labels = {}) => readMetric(daemon, name, labels),
    again: () => start(t, config, clock),
  }
}

function configOf(folder: string, { policy = {}, storm, crioForm = 'syscalls', containersMay }: Settings): Config {
  return {
    listener: { socket: join(folder, 'l.sock'), handoverTimeoutMs: 1000, maxListeners: null },
    http: {
      address: null,
      socket: join(folder, 'a.sock'),
      tokenFile: null,
      requestBurst: 200,
      requestsPerSecond: 50,
    },
    stateDir: join(folder, 'state'),
    policy: {
      action: 'log',
      answer: 'profile',
      errno: 'ENOSYS',
      ignore: [],
      probes: 'ignore',
      debounceMs: 5000,
      maxDelayMs: 30_000,
      ...policy,
    },
    detail: { calls: 'first', patienceMs: 100, backtraces: false },
    containersMay: containersMay ?? ['log', 'ignore', 'debounce'],
    storm: storm ?? { stops: 3, withinMs: 600_000 },
    metrics: { crioForm, retentionMs: 300_000, maxSyscalls: 100, maxContainers: 100 },
    history: { maxContainers: 10 },
    recordings: { maxNames: 2 },
    log: { level: 'info' },
  }
}

type Write = (fields: object | string, text?: string) => void

function recorder(logs: LogRecord[]) {
  const at =
    (level: string): Write =>
    (fields, text = '') =>
      void logs.push(typeof fields === 'string' ? { level, text: fields } : { level, text, ...fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

async function readMetric(daemon: Daemon, name: string, labels: Record<string, string>): Promise<number> {
  const { body } = await daemon.metricsText()
  const wanted = Object.entries(labels)
  return parseMetrics(body)
    .filter(sample => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0)
}
