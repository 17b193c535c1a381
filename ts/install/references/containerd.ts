/** containerd's containers keep the path in the options of their runtime, Kubernetes' and those of `ctr` alike. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { NotifydError } from '../../errors.ts'
import { readConfigFile } from '../config-file.ts'
import { ENGINES } from '../engines.ts'
import { findProgram } from '../host.ts'
import type { Reference, Sought } from '../references.ts'
import { valueAt, type Tree } from '../tree.ts'
import { outputOf } from './output.ts'

const ROOT = '/var/lib/containerd'
const SOCKET = '/run/containerd/containerd.sock'
const DATABASE = 'io.containerd.metadata.v1.bolt/meta.db'

export async function containerdReferences(sought: Sought): Promise<Reference[]> {
  if (findProgram('containerd') === undefined && sought.record.engines.containerd === undefined) return []
  const settings = settingsOf(sought)
  const socket = valueAt(settings, ['grpc', 'address'])
  const { root } = settings
  const database = join(typeof root === 'string' ? root : ROOT, DATABASE)
  // One that has never run has no containers.
  if (!existsSync(database)) return []
  const ctr = findProgram('ctr')
  if (ctr === undefined) throw new NotifydError('ERR_INSTALL', 'ctr, which lists them, is not installed')
  return listed([ctr, '--address', typeof socket === 'string' ? socket : SOCKET], sought)
}

function settingsOf({ record }: Sought): Tree {
  const { text } = readConfigFile(record.engines.containerd?.file ?? ENGINES.containerd.file)
  return ENGINES.containerd.format.parse(text ?? '')
}

async function listed(ctr: readonly string[], { executables }: Sought): Promise<Reference[]> {
  const found: Reference[] = []
  for (const namespace of lines(await outputOf([...ctr, 'namespaces', 'list', '--quiet']))) {
    const inside = [...ctr, '--namespace', namespace, 'containers']
    for (const id of lines(await outputOf([...inside, 'list', '--quiet']))) {
      const info = await outputOf([...inside, 'info', id])
      if (refers(info, executables)) found.push({ engine: 'containerd', id, name: namespace, state: 'created' })
    }
  }
  return found
}

function lines(text: string): string[] {
  return text.split('\n').filter(line => line !== '')
}

interface Info {
  Runtime?: { Options?: { value?: string } | null }
}

/** The options are protobuf, in which text stands as it is. */
function refers(info: string, executables: readonly string[]): boolean {
  const { Runtime } = JSON.parse(info) as Info
  const options = Buffer.from(Runtime?.Options?.value ?? '', 'base64').toString('latin1')
  return executables.some(path => options.includes(Buffer.from(path).toString('latin1')))
}
