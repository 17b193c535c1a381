/** What /proc tells of another process: its threads, and the listeners that it holds. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface Thread {
  name: string
  /** Letter as in proc_pid_stat(5): `S` sleeps, `T` is stopped. */
  state: string
  /** How often it went to sleep by itself; each time it was woken before. */
  sleeps: number
}

export function threadsOf(pid: number): Thread[] {
  return readdirSync(`/proc/${pid}/task`).map(tid => {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8')
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? ''
    return { name: field('Name'), state: field('State'), sleeps: Number(field('voluntary_ctxt_switches')) }
  })
}

/** Of the addon's threads, by name; Node's own, such as its garbage collector's, are none of ours. */
export function ownSleeps(pid: number): Record<string, number> {
  const own = threadsOf(pid).filter(({ name }) => name.startsWith('notifyd-'))
  return Object.fromEntries(own.map(({ name, sleeps }) => [name, sleeps]))
}

/** Seccomp listeners among its descriptors. */
export function heldListeners(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter(fd => isListener(`/proc/${pid}/fd/${fd}`)).length
}

function isListener(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('anon_inode:seccomp')
  } catch {
    // Closed since it was listed.
    return false
  }
}
