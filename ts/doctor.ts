/** What works on this machine, found out by trying. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { loadNative, type Native } from './native.ts'

export interface Finding {
  name: string
  status: 'ok' | 'warn' | 'fail'
  /** What was found, and what follows from it. */
  detail: string
}

interface Runtime {
  command: string
  /** First version through which a profile's listenerPath works, and what is the way where it does not. */
  since: [number, number, number]
  without: string
}

const RUNTIMES: Runtime[] = [
  { command: 'runc', since: [1, 1, 0], without: 'it cannot hand listeners over; 1.1.0 or newer can' },
  { command: 'crun', since: [0, 19, 0], without: 'it cannot hand listeners over; 0.19 or newer can' },
  {
    command: 'containerd',
    since: [1, 5, 5],
    without: 'it drops listenerPath from profiles; 1.5.5 or newer passes it on',
  },
  { command: 'dockerd', since: [23, 0, 0], without: 'it drops listenerPath from profiles; 23.0 or newer passes it on' },
  { command: 'podman', since: [4, 1, 0], without: 'it drops listenerPath from profiles; 4.1 or newer passes it on' },
]

/** Without these nothing is supervised at all. */
const ESSENTIAL = new Set(['listener', 'compare_files'])
const TIMEOUT_MS = 5000

export async function examine(native: Native = loadNative()): Promise<Finding[]> {
  const report = await native.probeKernel()
  const kernel: Finding[] = report.features.map(({ name, works, detail }) => ({
    name: `kernel ${name}`,
    status: works ? 'ok' : ESSENTIAL.has(name) ? 'fail' : 'warn',
    detail: works ? `works on ${report.release}` : detail,
  }))
  return [...kernel, ...(await Promise.all(RUNTIMES.map(examineRuntime)))]
}

async function examineRuntime({ command, since, without }: Runtime): Promise<Finding> {
  const text = await versionText(command)
  if (text === undefined) return { name: command, status: 'ok', detail: 'not installed' }
  const version = parseVersion(text)
  if (version === undefined) return { name: command, status: 'warn', detail: 'its --version could not be read' }
  const fits = isAtLeast(version, since)
  return { name: command, status: fits ? 'ok' : 'warn', detail: `${version.join('.')}${fits ? '' : `: ${without}`}` }
}

async function versionText(command: string): Promise<string | undefined> {
  try {
    return (await promisify(execFile)(command, ['--version'], { timeout: TIMEOUT_MS })).stdout
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : ''
  }
}

function parseVersion(text: string): number[] | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)
  return found?.slice(1, 4).map(part => Number(part ?? 0))
}

function isAtLeast(version: readonly number[], least: readonly number[]): boolean {
  const different = least.findIndex((part, index) => part !== version[index])
  return different === -1 || (version[different] ?? 0) > (least[different] ?? 0)
}
