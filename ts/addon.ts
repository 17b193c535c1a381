/** Where the addon of this host lies. The one file that loads it. */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { NotifydError } from './errors.ts'

export interface Host {
  platform: string
  arch: string
  libc: 'gnu' | 'musl'
}

const ARCHES = ['x64', 'arm64']
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

/** Loads it; what it exports is for whoever asks to know. */
export function requireAddon(host: Host = readHost()): unknown {
  const names = addonNames(host)
  const require = createRequire(import.meta.url)
  const built = join(packageRoot(require), 'native', names.file)
  return load(require, existsSync(built) ? built : resolvePackage(require, names.package))
}

/** Another file of the native part, which lies in `native/` of this tree, or in `bin/` of the package. */
export function nativeFile(name: string, host: Host = readHost()): string {
  const names = addonNames(host)
  const require = createRequire(import.meta.url)
  const built = join(packageRoot(require), 'native', name)
  const file = existsSync(built) ? built : join(dirname(resolvePackage(require, names.package)), 'bin', name)
  if (existsSync(file)) return file
  throw addonMissing(names.package, new Error(`${file} is not there`))
}

function resolvePackage(require: NodeJS.Require, name: string): string {
  try {
    return require.resolve(name)
  } catch (error) {
    throw addonMissing(name, error)
  }
}

function load(require: NodeJS.Require, path: string): unknown {
  try {
    return require(path)
  } catch (error) {
    throw new NotifydError('ERR_ADDON_LOAD', `the native part at ${path} does not load on this system`, {
      cause: error,
    })
  }
}

function packageRoot(require: NodeJS.Require): string {
  return dirname(require.resolve('seccomp-notifyd/package.json'))
}
