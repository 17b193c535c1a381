/** CRI-O's containers keep the name of their handler in their configuration on the disk. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../host.ts'
import type { Reference, Sought } from '../references.ts'

const STORAGE = '/var/lib/containers/storage'
const HANDLER = 'io.kubernetes.cri-o.RuntimeHandler'
const NAME = 'io.kubernetes.cri-o.Name'

export async function crioReferences({ handler }: Sought): Promise<Reference[]> {
  if (findProgram('crio') === undefined || !existsSync(STORAGE)) return []
  const folders = readdirSync(STORAGE).filter(name => name.endsWith('-containers'))
  return folders.flatMap(name => referencesIn(join(STORAGE, name), handler))
}

function referencesIn(folder: string, handler: string): Reference[] {
  return readdirSync(folder).flatMap(id => {
    const file = join(folder, id, 'userdata/config.json')
    if (!existsSync(file)) return []
    const { annotations = {} } = JSON.parse(readFileSync(file, 'utf8')) as { annotations?: Record<string, string> }
    if (annotations[HANDLER] !== handler) return []
    return [{ engine: 'crio', id, name: annotations[NAME] ?? '', state: 'created' }]
  })
}
