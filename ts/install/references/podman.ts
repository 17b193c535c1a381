/** Podman's containers keep their runtime as it was given: a name of its configuration, or a path. */

import { findProgram } from '../host.ts'
import type { Reference, Sought } from '../references.ts'
import { outputOf } from './output.ts'

interface Inspected {
  Id: string
  Name: string
  OCIRuntime: string
  State: { Status: string }
}

export async function podmanReferences({ executables, handler }: Sought): Promise<Reference[]> {
  const podman = findProgram('podman')
  if (podman === undefined) return []
  const ids = (await outputOf([podman, 'ps', '--all', '--quiet', '--no-trunc'])).split('\n').filter(id => id !== '')
  if (ids.length === 0) return []
  const containers = JSON.parse(await outputOf([podman, 'container', 'inspect', ...ids])) as Inspected[]
  return containers
    .filter(({ OCIRuntime }) => OCIRuntime === handler || executables.includes(OCIRuntime))
    .map(({ Id: id, Name: name, State }) => ({ engine: 'podman', id, name, state: State.Status }))
}
