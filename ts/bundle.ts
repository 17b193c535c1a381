/** What a container's `config.json` tells beyond the hand-over. */

import { isAbsolute, join } from 'node:path'
import * as v from 'valibot'
import { readEngineFile } from './engine-files.ts'

/** An entry of `mounts`; all of it somebody else's text, its paths above all. */
export interface BundleMount {
  destination: string
  /** On the host. */
  source: string
  type: string
  options: string[]
}

export interface Bundle {
  annotations: Record<string, string>
  mounts: BundleMount[]
}

const MAX_BYTES = 16 * 1024 * 1024

/** Members that are missing or null are empty, as runtimes have it. */
const text = v.nullish(v.string(), '')
const SHAPE = v.object({
  annotations: v.nullish(v.record(v.string(), v.string()), {}),
  mounts: v.nullish(
    v.array(v.object({ destination: text, source: text, type: text, options: v.nullish(v.array(v.string()), []) })),
    [],
  ),
})

/** `bundle` is the folder as its hand-over tells it. Rejects, in one sentence, where the file is not to be had within seconds. */
export async function readBundle(bundle: string): Promise<Bundle> {
  if (!isAbsolute(bundle))
    throw new Error(`could not read the bundle ${JSON.stringify(bundle)}: it is no absolute path`)
  return parseBundle(await readEngineFile(join(bundle, 'config.json'), MAX_BYTES))
}

/** Rejects what no runtime would take either. */
export function parseBundle(json: string): Bundle {
  const { success, output, issues } = v.safeParse(SHAPE, JSON.parse(json))
  if (success) return output
  throw new Error(`config.json: ${v.getDotPath(issues[0]) ?? 'the document'}: ${issues[0].message}`)
}
