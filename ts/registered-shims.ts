/** Where engines of this host have the shim registered, and what is there now. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorText } from './errors.ts'
import { readConfigFile } from './install/config-file.ts'
import { sha256 } from './install/digest.ts'
import type { Registered } from './install/engine.ts'
import { ENGINE_NAMES, ENGINES, type EngineName } from './install/engines.ts'
import { packagedRuntime } from './install/packaged.ts'

/** `same` as this package's, another version, or not there. */
export type Executable = 'same' | 'other' | 'missing'

export interface RegisteredShim extends Registered {
  engine: EngineName
  file: string
  executable: Executable
}

export interface UnreadConfig {
  engine: EngineName
  file: string
  problem: string
}

/** What the executable of any version has in it, and no other program. */
const MARK = 'seccomp-notifyd.io/original'
const MOST_BYTES = 64 * 1024 * 1024

type Files = Partial<Record<EngineName, string>>

/** In the usual files, unless others are given. */
export function registeredShims(files: Files = {}): Array<RegisteredShim | UnreadConfig> {
  return ENGINE_NAMES.flatMap(engine => shimsOf(engine, files[engine] ?? ENGINES[engine].file))
}

function shimsOf(engine: EngineName, file: string): Array<RegisteredShim | UnreadConfig> {
  const { format, registered } = ENGINES[engine]
  try {
    const found = registered(format.parse(readConfigFile(file).text ?? ''))
    return found.flatMap(each => {
      const executable = executableAt(each.path)
      return executable === undefined ? [] : [{ ...each, engine, file, executable }]
    })
  } catch (error) {
    return [{ engine, file, problem: errorText(error) }]
  }
}

/** Undefined where it is no shim. */
function executableAt(path: string): Executable | undefined {
  const found = path.startsWith('/') ? statSync(path, { throwIfNoEntry: false }) : undefined
  if (found === undefined) return isOurFolder(dirname(path)) ? 'missing' : undefined
  if (!found.isFile() || found.size > MOST_BYTES) return undefined
  const content = readFileSync(path)
  if (!content.includes(MARK)) return undefined
  return sha256(content) === sha256(packagedRuntime()) ? 'same' : 'other'
}

function isOurFolder(folder: string): boolean {
  return folder.endsWith('/seccomp-notifyd') || existsSync(join(folder, 'install.json'))
}
