/** Docker's containers keep the name of their runtime. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NotifydError } from '../../errors.ts'
import { readConfigFile } from '../config-file.ts'
import { ENGINES } from '../engines.ts'
import { findProgram } from '../host.ts'
import type { Reference, Sought } from '../references.ts'
import type { Tree } from '../tree.ts'
import { askSocket } from './socket.ts'

const SOCKET = '/var/run/docker.sock'
const DATA = '/var/lib/docker'

export async function dockerReferences(sought: Sought): Promise<Reference[]> {
  if (findProgram('dockerd') === undefined && sought.record.engines.docker === undefined) return []
  const settings = settingsOf(sought)
  const socket = socketOf(settings)
  try {
    return await running(socket, sought)
  } catch (cause) {
    return stopped(settings, sought, cause)
  }
}

function settingsOf({ record }: Sought): Tree {
  const { text } = readConfigFile(record.engines.docker?.file ?? ENGINES.docker.file)
  return ENGINES.docker.format.parse(text ?? '')
}

function socketOf({ hosts }: Tree): string {
  const listed = Array.isArray(hosts) ? hosts : []
  const named = [process.env['DOCKER_HOST'], ...listed].find(
    host => typeof host === 'string' && host.startsWith('unix://'),
  )
  return typeof named === 'string' ? named.slice('unix://'.length) : SOCKET
}

interface Info {
  DefaultRuntime?: string
  Runtimes?: Record<string, { path?: string }>
}
interface Inspected {
  Id: string
  Name: string
  HostConfig: { Runtime?: string }
  State?: { Status?: string }
}

async function running(socket: string, { executables, handler }: Sought): Promise<Reference[]> {
  const { Runtimes = {}, DefaultRuntime } = await askSocket<Info>(socket, '/info')
  const ours = Object.entries(Runtimes).filter(([, { path = '' }]) => executables.includes(path))
  const names = new Set([handler, ...ours.map(([name]) => name)])
  const found: Reference[] = []
  for (const { Id } of await askSocket<{ Id: string }[]>(socket, '/containers/json?all=1')) {
    // One that was removed meanwhile refers to nothing.
    const container = await askSocket<Inspected | undefined>(socket, `/containers/${Id}/json`)
    const runtime = container?.HostConfig.Runtime || DefaultRuntime
    if (container !== undefined && names.has(runtime ?? '')) found.push(referenceOf(container))
  }
  return found
}

function referenceOf({ Id: id, Name: name, State }: Inspected): Reference {
  return { engine: 'docker', id, name: name.replace(/^\//, ''), state: State?.Status ?? 'unknown' }
}

/** What an engine that does not run has left on the disk. */
function stopped({ 'data-root': given }: Tree, { handler, record }: Sought, cause: unknown): Reference[] {
  const folder = join(typeof given === 'string' ? given : DATA, 'containers')
  if (!existsSync(folder)) {
    // One that has never run has no containers; of one that knows the name it is not sure that this is its folder.
    if (record.engines.docker === undefined) return []
    throw new NotifydError('ERR_INSTALL', `it does not answer, and there is no ${folder}`, { cause })
  }
  return readdirSync(folder).flatMap(id => {
    const { Runtime } = readJson(join(folder, id, 'hostconfig.json')) as Inspected['HostConfig']
    const { Name } = readJson(join(folder, id, 'config.v2.json')) as Inspected
    return Runtime === handler ? [referenceOf({ Id: id, Name, HostConfig: {}, State: { Status: 'stopped' } })] : []
  })
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
