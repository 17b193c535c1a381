/** PURE: which descriptors a service manager passed (sd_listen_fds(3)): a listening socket, and listeners that it kept. */

import { NotifydError } from '../errors.ts'
import type { StoredDescriptor } from '../native.ts'
import { STORED_PREFIX } from '../service-manager.ts'

export interface Passed {
  /** The listening socket. */
  socket: number | undefined
  /** What came back from the service manager's store. */
  stored: StoredDescriptor[]
}

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_PASSED_FD = 3

/**
 * @throws NotifydError `ERR_SOCKET` for descriptors that are meant for another process, and for several sockets or none
 * of anything: to ignore them would leave containers waiting that have connected already.
 */
export function passedDescriptors(env: NodeJS.ProcessEnv, pid: number): Passed {
  const { LISTEN_PID: meant, LISTEN_FDS: count, LISTEN_FDNAMES: names } = env
  if (meant === undefined && count === undefined) return { socket: undefined, stored: [] }
  if (meant !== String(pid)) {
    const advice = 'start the daemon itself, with no shell or npx between, or unset LISTEN_PID and LISTEN_FDS'
    throw refusal(`LISTEN_PID is ${quote(meant)} and this process is ${pid}; ${advice}`)
  }
  const { sockets, stored } = divide(countOf(count), names)
  if (sockets.length > 1 || sockets.length + stored.length === 0) throw wrongCount(count)
  return { socket: sockets[0], stored }
}

function countOf(count: string | undefined): number {
  if (count === undefined || !/^\d{1,7}$/.test(count)) throw wrongCount(count)
  return Number(count)
}

/** What has no name of ours is a socket; without names all are. */
function divide(count: number, names = ''): { sockets: number[]; stored: StoredDescriptor[] } {
  const sockets: number[] = []
  const stored: StoredDescriptor[] = []
  const given = names.split(':')
  for (let index = 0; index < count; index++) {
    const [name = '', fd] = [given[index], FIRST_PASSED_FD + index]
    if (name.startsWith(STORED_PREFIX)) stored.push({ name, fd })
    else sockets.push(fd)
  }
  return { sockets, stored }
}

function wrongCount(count: string | undefined): NotifydError {
  const wanted = 'accepted: 1, beside the listeners that it kept; let the socket unit pass one ListenStream= alone'
  return refusal(`LISTEN_FDS is ${quote(count)}, ${wanted}`)
}

function quote(value: string | undefined): string {
  return value === undefined ? 'not set' : JSON.stringify(value.slice(0, 32))
}

function refusal(problem: string): NotifydError {
  return new NotifydError('ERR_SOCKET', `cannot take over what a service manager passed: ${problem}`)
}
