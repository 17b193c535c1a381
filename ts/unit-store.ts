/** Whether the unit that is installed has systemd keep the listeners of `serve`. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Finding } from './doctor.ts'

const UNIT = 'seccomp-notifyd.service'
const SHOW = ['show', '--value', '--property=FileDescriptorStoreMax', UNIT]
const TIMEOUT_MS = 5000

export async function storeFinding(): Promise<Finding> {
  const name = 'restart'
  const most = await storeMax()
  if (most !== undefined && most > 0)
    return { name, status: 'ok', detail: `${UNIT} keeps up to ${most} listeners over a restart of the daemon` }
  const why = most === 0 ? `${UNIT} sets no FileDescriptorStoreMax=` : 'no systemd answers here'
  return { name, status: 'warn', detail: `${why}, so listeners end with serve (docs/service.md)` }
}

/** Undefined where systemd does not tell. */
async function storeMax(): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)('systemctl', SHOW, { timeout: TIMEOUT_MS })
    return /^\d+\s*$/.test(stdout) ? Number(stdout) : undefined
  } catch {
    return undefined
  }
}
