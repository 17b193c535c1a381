/**
 * Programs of all kinds for recordings: each does the same work whenever it is run, and calls the same. The scripts are bash's,
 * since dash has calls fail that the end of a child interrupts.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { until } from './child.ts'
import { findCommand } from './needs.ts'
import { projectRoot } from './project.ts'

export interface RecordedProgram {
  title: string
  /** Debian's name of what it needs, and one command of that. */
  needs: [packageName: string, command: string]
  /** A server gets the port that it is to listen on. */
  words(port: number): string[]
  /** What it has to end with. */
  code: number
  /** Of a server: what others do with it; then it is sent SIGTERM. */
  serve?(port: number): Promise<void>
}

const PROGRAMS = join(projectRoot, '__test__/fixtures/programs')
const BUILT = join(projectRoot, 'build/programs')

const source = (name: string) => join(PROGRAMS, name)
const REQUESTS = 1000

export const recordedPrograms: RecordedProgram[] = [
  {
    title: 'a script of busybox',
    needs: ['busybox-static', 'busybox'],
    words: () => ['busybox', 'sh', source('busybox.sh')],
    code: 4,
  },
  {
    title: 'python with threads, children, a socket and a signal',
    needs: ['python3', 'python3'],
    words: () => ['/usr/bin/python3', source('python.py')],
    code: 7,
  },
  {
    title: 'node -e with threads and children',
    needs: ['nodejs', process.execPath],
    words: () => [process.execPath, '-e', readFileSync(source('node.cjs'), 'utf8')],
    code: 6,
  },
  { title: 'git clone', needs: ['git', 'git'], words: () => ['/usr/bin/bash', source('git.sh')], code: 8 },
  { title: 'a program in Go', needs: ['golang-go', 'go'], words: () => [goProgram()], code: 5 },
  {
    title: 'redis-server with redis-benchmark',
    needs: ['redis-server', 'redis-server'],
    words: () => ['/usr/bin/bash', source('redis.sh')],
    code: 9,
  },
  {
    title: `nginx that serves ${REQUESTS} requests`,
    needs: ['nginx-light', 'nginx'],
    words: port => ['/usr/bin/bash', source('nginx.sh'), String(port)],
    code: 0,
    serve: askOften,
  },
]

/** What a container has to have in the same place, beside the folders of the host. */
export function programFolders(): string[] {
  mkdirSync(BUILT, { recursive: true })
  return [PROGRAMS, BUILT]
}

/** Throws where a test could not run, with the way to get what is missing. */
export function assertInstalled({ needs: [packageName, command] }: RecordedProgram): void {
  if (findCommand(command) === undefined && command !== process.execPath)
    throw new Error(`${packageName} is not installed; node tools/test.mjs installs it`)
}

/** One that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function askOften(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const ask = (path: string) => statusOf(port, path, agent)
  await until(async () => (await ask('/').catch(() => 0)) === 200, 20_000)
  const asked = Array.from({ length: REQUESTS }, (_, at) => ask(at % 10 === 0 ? '/none' : '/'))
  const found = (await Promise.all(asked)).filter(status => status === 200).length
  agent.destroy()
  if (found !== REQUESTS * 0.9) throw new Error(`${found} of ${REQUESTS} requests were answered with a page`)
}

function statusOf(port: number, path: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': 'gzip' }
    const request = get({ host: '127.0.0.1', port, path, agent, headers }, response => {
      response.resume().once('error', reject)
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    request.once('error', reject)
  })
}

/** The one that cargo's tests fill, which come first: a standard library takes a minute on a busy machine. */
const GO_CACHE = join(projectRoot, 'target/tmp/go-cache')

/** Statically linked, so that it runs in any root. */
function goProgram(): string {
  const binary = join(BUILT, 'go-program')
  const mine = `${binary}.${process.pid}`
  mkdirSync(BUILT, { recursive: true })
  const settings = { CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local', GO111MODULE: 'off' }
  const env = { ...process.env, ...settings, GOCACHE: GO_CACHE }
  execFileSync(findCommand('go') ?? 'go', ['build', '-o', mine, source('go/main.go')], { env, stdio: 'pipe' })
  renameSync(mine, binary)
  return binary
}
