/** PURE. Which runtimes load the profiles of engines. */

import { NotifydError } from '../errors.ts'
import type { Purpose } from '../record-file.ts'
import { listOf } from './list.ts'

/** Engines load a filter by their runtime, and call nothing under it themselves. Podman is set up with either. */
const RUNTIMES_OF: Record<string, Purpose['runtimes']> = {
  runc: ['runc'],
  crun: ['crun'],
  docker: ['runc'],
  containerd: ['runc'],
  podman: ['runc', 'crun'],
  'cri-o': ['runc', 'crun'],
}

export function runtimesOf(text: string): Purpose['runtimes'] {
  return [...new Set(listOf(text).flatMap(runtimesOfOne))]
}

function runtimesOfOne(name: string): Purpose['runtimes'] {
  const runtimes = Object.entries(RUNTIMES_OF).find(([known]) => known === name)?.[1]
  if (runtimes !== undefined) return runtimes
  const accepted = Object.keys(RUNTIMES_OF).join(', ')
  throw new NotifydError('ERR_USAGE', `--for takes ${accepted}, separated by commas, not ${JSON.stringify(name)}`)
}
