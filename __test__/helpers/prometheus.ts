/** A real Prometheus that scrapes one daemon, and promtool; Debian's, installed or fetched by tools/prometheus.mjs. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { parse, stringify } from 'yaml'
import { start, until, type Finished } from './child.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { findCommand, type Need } from './needs.ts'
import { projectRoot } from './project.ts'

export const rulesFolder = join(projectRoot, 'deploy/prometheus')
const FETCHED = join(projectRoot, '.cache/prometheus/usr/bin')

export interface Alert {
  labels: Record<string, string>
  annotations: Record<string, string>
  state: 'pending' | 'firing'
}

export interface Series {
  metric: Record<string, string>
  value: [atSeconds: number, value: string]
}

export interface Prometheus {
  alerts(): Promise<Alert[]>
  /** Throws with Prometheus' own words on a query that it does not take. */
  query(promql: string): Promise<Series[]>
}

export function needPrometheus(): Need {
  const missing = ['prometheus', 'promtool'].filter(name => commandPath(name) === undefined)
  if (missing.length === 0) return { usable: true }
  return { usable: false, reason: `${missing.join(' and ')} not found; node tools/prometheus.mjs fetches them` }
}

function commandPath(name: string): string | undefined {
  const fetched = join(FETCHED, name)
  return findCommand(name) ?? (existsSync(fetched) ? fetched : undefined)
}

/** `input` is what it reads from its standard input. */
export function promtool(args: string[], input?: string): Promise<Finished> {
  const options = { cwd: rulesFolder, input: input === undefined ? 'ignore' : 'pipe' } as const
  const running = start(commandPath('promtool') ?? 'promtool', args, options)
  running.process.stdin?.end(input)
  return running.finished
}

/** Where the daemon serves HTTP over TCP: it is ready before it has said so. */
export async function scrapedAddress(daemon: DaemonProcess): Promise<string> {
  const find = () => /127\.0\.0\.1:\d+/.exec(JSON.stringify(daemon.logs()))?.[0]
  await until(
    () => find() !== undefined,
    5000,
    () => `no address in ${JSON.stringify(daemon.logs())}`,
  )
  return find() ?? ''
}

/** As `deploy/prometheus/prometheus.yaml` says, but for the target's address and with times that a test can wait for. */
export async function startPrometheus(t: ExecutionContext, folder: string, target: string): Promise<Prometheus> {
  const port = await freePort()
  const file = join(folder, 'prometheus.yaml')
  writeFileSync(file, configurationFor(target))
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ]
  const server = start(commandPath('prometheus') ?? 'prometheus', args, { deadlineMs: 170_000 })
  t.teardown(async () => {
    server.process.kill('SIGKILL')
    await server.finished
  })
  const url = `http://127.0.0.1:${port}`
  const isReady = async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.status === 200
  await until(isReady, 60_000, () => `Prometheus is not ready:\n${server.stderr()}`)
  return {
    alerts: async () => ((await ask(`${url}/api/v1/alerts`)) as { alerts: Alert[] }).alerts,
    query: async promql => {
      const query = new URLSearchParams({ query: promql })
      return ((await ask(`${url}/api/v1/query?${query.toString()}`)) as { result: Series[] }).result
    },
  }
}

function configurationFor(target: string): string {
  const shipped = parse(readFileSync(join(rulesFolder, 'prometheus.yaml'), 'utf8')) as {
    scrape_configs: [{ static_configs: [{ targets: string[] }] }]
    rule_files: string[]
  }
  shipped.scrape_configs[0].static_configs[0].targets = [target]
  const rule_files = shipped.rule_files.map(name => join(rulesFolder, name))
  const global = { scrape_interval: '250ms', scrape_timeout: '250ms', evaluation_interval: '250ms' }
  return stringify({ ...shipped, global, rule_files })
}

async function ask(url: string): Promise<unknown> {
  const answer = (await (await fetch(url)).json()) as { status: string; error?: string; data: unknown }
  if (answer.status !== 'success') throw new Error(`${decodeURIComponent(url)}: ${answer.error ?? answer.status}`)
  return answer.data
}

/** Prometheus cannot be asked which port it got, so it is told one. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
