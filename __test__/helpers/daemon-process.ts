/** The daemon as its users run it: `seccomp-notifyd serve` in a process of its own, on sockets of the test. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { ContainerView } from '../../ts/container-view.ts'
import type { ContainerList } from '../../ts/http/summary.ts'
import { start, until, type Finished, type Running } from './child.ts'
import { projectRoot } from './project.ts'

export const CLI = join(projectRoot, 'dist/cli/main.js')
const SERVE = [CLI, 'serve', '--config']

export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

export interface LogLine {
  level?: string | number
  msg?: string
  [key: string]: unknown
}

export interface DaemonProcess {
  readonly pid: number
  readonly listenerSocket: string
  readonly apiSocket: string
  readonly child: Running
  get(path: string): Promise<{ status: number; body: string }>
  metrics(): Promise<Sample[]>
  /** Sum of all samples of that name which carry these labels. */
  metric(name: string, labels?: Record<string, string>): Promise<number>
  containers(): Promise<ContainerList['containers']>
  /** One container with everything known of it; undefined where there is none. */
  container(id: string): Promise<ContainerView | undefined>
  /** Total of a call's counts in the container's own phase (or `init`). */
  calls(id: string, syscall: string, phase?: 'run' | 'init'): Promise<number>
  /** Total of all calls of all containers, in both phases, as the containers' own records have it. */
  total(): Promise<number>
  logs(): LogLine[]
  /** SIGTERM; waits for the end. */
  stop(): Promise<Finished>
  kill9(): Promise<void>
}

export interface DaemonOptions {
  /** Sections of the configuration beside sockets, state and port. */
  config?: object
  /** What Node runs, with the configuration file as its last argument, instead of `serve`. */
  program?: string[]
  /** Put before the command line, as in `unshare -p -f`. */
  wrap?: string[]
  env?: NodeJS.ProcessEnv
  /** Wait for readiness; off where the start is expected to fail. */
  wait?: boolean
  /** Standard input, for a wrapping command that reads from it. */
  input?: 'pipe' | 'ignore'
}

/** Starts a daemon whose sockets and state lie in the folder; the same folder again is the same daemon, restarted. */
export async function startDaemon(folder: string, options: DaemonOptions = {}): Promise<DaemonProcess> {
  const { config = {}, program = SERVE, wrap = [], env = process.env, wait = true, input = 'ignore' } = options
  const listenerSocket = join(folder, 'l.sock')
  const apiSocket = join(folder, 'a.sock')
  mkdirSync(join(folder, 'daemon'), { recursive: true })
  const file = join(folder, 'config.yaml')
  writeFileSync(
    file,
    JSON.stringify({
      listener: { socket: listenerSocket },
      http: { address: '127.0.0.1:0', socket: apiSocket },
      stateDir: join(folder, 'daemon'),
      ...config,
    }),
  )
  const [command, ...args] = [...wrap, process.execPath, ...program, file]
  const child = start(command, args, { env, input, deadlineMs: 170_000 })
  const daemon = connect(child, listenerSocket, apiSocket)
  if (wait) await becomesReady(daemon)
  return daemon
}

/** As `startDaemon`; whatever becomes of the test, the daemon does not outlive it. */
export async function startDaemonFor(
  t: ExecutionContext,
  folder: string,
  options?: DaemonOptions,
): Promise<DaemonProcess> {
  const daemon = await startDaemon(folder, { ...options, wait: false })
  t.teardown(() => daemon.kill9())
  if (options?.wait !== false) await becomesReady(daemon)
  return daemon
}

export async function becomesReady(daemon: DaemonProcess): Promise<void> {
  const { child } = daemon
  const isReady = async () => {
    if (child.process.exitCode !== null) throw new Error(`the daemon ended:\n${child.stdout()}${child.stderr()}`)
    return (await daemon.get('/readyz').catch(() => undefined))?.status === 200
  }
  await until(isReady, 60_000, () => `the daemon is not ready:\n${child.stdout()}${child.stderr()}`)
}

function connect(child: Running, listenerSocket: string, apiSocket: string): DaemonProcess {
  const get = (path: string) => fetchFrom(apiSocket, path)
  const metrics = async () => parseMetrics((await get('/metrics')).body)
  const containers = async () =>
    (JSON.parse((await get('/v1/containers?limit=100000')).body) as ContainerList).containers
  const container = async (id: string) => {
    const { status, body } = await get(`/v1/containers/${encodeURIComponent(id)}`)
    return status === 200 ? (JSON.parse(body) as ContainerView) : undefined
  }
  return {
    pid: child.pid,
    listenerSocket,
    apiSocket,
    child,
    get,
    metrics,
    async metric(name, labels = {}) {
      const wanted = Object.entries(labels)
      const found = (await metrics()).filter(
        sample => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value),
      )
      return found.reduce((sum, { value }) => sum + value, 0)
    },
    containers,
    container,
    async calls(id, syscall, phase = 'run') {
      const calls = (await container(id))?.calls ?? []
      return sumOf(calls.filter(call => call.syscall === syscall && call.phase === phase))
    },
    async total() {
      let sum = 0
      // One after the other: the server takes a bounded number of connections.
      for (const { key } of await containers()) sum += sumOf((await container(key))?.calls ?? [])
      return sum
    },
    logs: () => parseLogs(child.stdout() + child.stderr()),
    async stop() {
      child.process.kill('SIGTERM')
      return child.finished
    },
    async kill9() {
      child.process.kill('SIGKILL')
      await child.finished
    },
  }
}

function sumOf(calls: ContainerView['calls']): number {
  return calls.reduce((sum, { count }) => sum + count, 0)
}

function fetchFrom(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, timeout: 30_000, agent: false }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    })
    call.on('timeout', () => call.destroy(new Error(`no answer to ${path}`)))
    call.on('error', reject)
    call.end()
  })
}

/** The text format of Prometheus; throws on a line that is none, so every scrape is a check of the format. */
export function parseMetrics(text: string): Sample[] {
  return text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s.exec(line)
      if (match === null) throw new Error(`not a sample: ${line}`)
      const [, name = '', labels = '', value = ''] = match
      return { name, labels: parseLabels(labels), value: value === '+Inf' ? Infinity : Number(value) }
    })
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest)
    if (match === null) throw new Error(`not a label: ${rest}`)
    const [whole, name = '', value = ''] = match
    labels[name] = value.replaceAll(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
    rest = rest.slice(whole.length)
  }
  return labels
}

function parseLogs(text: string): LogLine[] {
  return text
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as LogLine)
}
