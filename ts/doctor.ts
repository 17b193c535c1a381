/** What works on this machine, found out by trying. */

import type { EngineName } from './install/engines.ts'
import { installedParts, type InstalledPart } from './installed-parts.ts'
import { loadNative, type Native } from './native.ts'
import { registeredShims, type Executable, type RegisteredShim, type UnreadConfig } from './registered-shims.ts'
import { shimSocket, type ShimSocket } from './shim-socket.ts'
import { storeFinding } from './unit-store.ts'
import { PARTS } from './ways-in.ts'

export interface Finding {
  name: string
  status: 'ok' | 'warn' | 'fail'
  /** What was found, and what follows from it. */
  detail: string
}

export interface Examination {
  findings: Finding[]
  /** The engines and runtimes that are installed, with the ways in that work there. */
  parts: InstalledPart[]
  /** Where the shim is registered. */
  shims: RegisteredShim[]
}

/** Without these nothing is supervised at all. */
const ESSENTIAL = new Set(['listener', 'compare_files'])
/** Of these the daemon reads what a container asks for. */
const ANNOTATIONS = 'seccomp-notifyd.io/*'
const OF_EXECUTABLES: Record<Executable, string> = {
  same: "is this package's",
  other: "is another version than this package's; `runtime install` renews it",
  missing: 'is not there, so no container starts under that name; `runtime install` brings it',
}

/** Files that are not the usual ones. */
export interface DoctorFiles {
  engines?: Partial<Record<EngineName, string>>
  /** The shim's own configuration. */
  runtime?: string
}

export async function examine(native: Native = loadNative(), files: DoctorFiles = {}): Promise<Examination> {
  const examined = [examineKernel(native), installedParts(), shimSocket(files.runtime), storeFinding()] as const
  const [kernel, parts, socket, store] = await Promise.all(examined)
  const found = registeredShims(files.engines)
  const shims = found.filter((each): each is RegisteredShim => !('problem' in each))
  const ofSocket = shims.length === 0 ? [] : [socketFinding(socket)]
  const ofShims = [...found.map(shimFinding), ...ofSocket]
  return { findings: [...kernel, ...partFindings(parts), ...ofShims, store], parts, shims }
}

async function examineKernel(native: Native): Promise<Finding[]> {
  const report = await native.probeKernel()
  return report.features.map(({ name, works, detail }) => ({
    name: `kernel ${name}`,
    status: works ? 'ok' : ESSENTIAL.has(name) ? 'fail' : 'warn',
    detail: works ? `works on ${report.release}` : detail,
  }))
}

function partFindings(parts: readonly InstalledPart[]): Finding[] {
  return PARTS.map(name => {
    const found = parts.find(({ part }) => part === name)
    return found === undefined ? { name, status: 'ok', detail: 'not installed' } : partFinding(found)
  })
}

function partFinding({ part: name, version, passThrough, shim, annotations }: InstalledPart): Finding {
  if (version === undefined || passThrough === undefined || shim === undefined) {
    return { name, status: 'warn', detail: 'its --version could not be read' }
  }
  const ways = [
    `${version}: pass-through ${passThrough.works ? 'works' : 'does not work'} (${passThrough.reason})`,
    shim.works ? 'the shim works' : `the shim does not work (${shim.reason})`,
    ...(annotations?.works === false ? [`annotations do not arrive (${annotations.reason})`] : []),
  ]
  return { name, status: passThrough.works && shim.works ? 'ok' : 'warn', detail: ways.join('; ') }
}

function shimFinding(found: RegisteredShim | UnreadConfig): Finding {
  if ('problem' in found) return { name: `shim in ${found.engine}`, status: 'warn', detail: found.problem }
  const { engine, name, path, executable, annotations } = found
  const isReached = annotations?.includes(ANNOTATIONS) ?? true
  const unreached = isReached ? '' : `; its pod_annotations lack ${ANNOTATIONS}, so nothing that a pod asks for arrives`
  return {
    name: `shim in ${engine}`,
    status: executable === 'same' && isReached ? 'ok' : 'warn',
    detail: `registered as ${name}: ${path} ${OF_EXECUTABLES[executable]}${unreached}`,
  }
}

function socketFinding({ path, problem }: ShimSocket): Finding {
  if (problem === undefined) return { name: 'shim socket', status: 'ok', detail: `a daemon listens at ${path}` }
  return { name: 'shim socket', status: 'warn', detail: `no daemon listens at ${path}: ${problem}` }
}
