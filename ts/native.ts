/** The one file that loads the addon, and narrows what it says. Importing this file loads nothing. */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type * as Addon from '../native/index.js'
import { NotifydError } from './errors.ts'

export { decodeEvent, EVENT_BYTES, type EventRecord } from './events.ts'

export type {
  AbiExplanation,
  Answer,
  CallCase,
  CallExplanation,
  CallWay,
  CompiledProfile,
  ContainerState,
  Count,
  InitProcess,
  KernelReport,
  LaunchRequest,
  Launched,
  ParsedProfile,
  ProfileExplanation,
  ProfileFacts,
  ProfileFinding,
  ResolvedProfile,
  RulePlace,
  Stats,
  StopReport,
  SupervisorOptions,
  UnusedRule,
  UsedFacts,
  VerdictCalls,
} from '../native/index.js'

export type Native = typeof Addon
export type Supervisor = Addon.Supervisor

/** What `attached` and `identified` tell. `state` is missing until the hand-over's JSON is complete. */
export interface Handover {
  atMs: number
  listener: number
  state?: Addon.ContainerState
  init?: Addon.InitProcess
  initProblem?: string
  peerPid?: number
  answer?: Addon.Answer
  hasProgram?: boolean
  warnings?: string[]
}

export type Notice =
  | ({ kind: 'attached' } & Handover)
  | ({ kind: 'identified' } & Handover)
  | { kind: 'detached'; atMs: number; listener: number; reason?: string; message?: string }
  | { kind: 'refused'; atMs: number; reason?: string; message?: string; id?: string }
  | { kind: 'membership'; atMs: number; listener: number; member?: boolean }
  | { kind: 'exited'; atMs: number; listener: number; exitCode?: number; signal?: number }
  | { kind: 'ended'; atMs: number; listener: number }

/** Undefined for a notice that names no listener but has to; an older addon must not break the loop. */
export function narrowNotice(notice: Addon.Notice): Notice | undefined {
  if (notice.kind !== 'refused' && notice.listener === undefined) return undefined
  return notice as Notice
}

export interface Host {
  platform: string
  arch: string
  libc: 'gnu' | 'musl'
}

const ARCHES = ['x64', 'arm64']
let loaded: Native | undefined

/** Loads the addon once. */
export function loadNative(): Native {
  loaded ??= requireAddon(readHost())
  return loaded
}

/** The file of a build in this tree, and the package that a release installs. */
export function addonNames(host: Host): { file: string; package: string } {
  if (host.platform !== 'linux') {
    throw new NotifydError('ERR_UNSUPPORTED_PLATFORM', `seccomp exists on Linux only, this is ${host.platform}`)
  }
  if (!ARCHES.includes(host.arch)) {
    throw new NotifydError(
      'ERR_UNSUPPORTED_ARCH',
      `no addon is built for the architecture ${host.arch}, only for ${ARCHES.join(' and ')}`,
    )
  }
  const target = `linux-${host.arch}-${host.libc}`
  return { file: `notifyd.${target}.node`, package: `@seccomp-notifyd/addon-${target}` }
}

export function addonMissing(name: string, cause?: unknown): NotifydError {
  return new NotifydError(
    'ERR_ADDON_MISSING',
    `the package ${name}, which holds the native part, is not installed; install again without --omit=optional`,
    { cause },
  )
}

function readHost(): Host {
  const { platform, arch } = process
  return { platform, arch, libc: platform === 'linux' ? readLibc() : 'gnu' }
}

interface Report {
  header?: { glibcVersionRuntime?: string }
}

function readLibc(): 'gnu' | 'musl' {
  const { report } = process
  // Without this a report looks up the names of all sockets' peers, which may take seconds.
  Object.assign(report, { excludeNetwork: true })
  const { header } = report.getReport() as Report
  return header?.glibcVersionRuntime === undefined ? 'musl' : 'gnu'
}

function requireAddon(host: Host): Native {
  const names = addonNames(host)
  const require = createRequire(import.meta.url)
  const built = join(packageRoot(require), 'native', names.file)
  return load(require, existsSync(built) ? built : resolvePackage(require, names.package))
}

function resolvePackage(require: NodeJS.Require, name: string): string {
  try {
    return require.resolve(name)
  } catch (error) {
    throw addonMissing(name, error)
  }
}

function load(require: NodeJS.Require, path: string): Native {
  try {
    return require(path) as Native
  } catch (error) {
    throw new NotifydError('ERR_ADDON_LOAD', `the native part at ${path} does not load on this system`, {
      cause: error,
    })
  }
}

function packageRoot(require: NodeJS.Require): string {
  return dirname(require.resolve('seccomp-notifyd/package.json'))
}
