/** PURE: which descriptor a service manager passed as the listening socket (sd_listen_fds(3)). */

import { NotifydError } from '../errors.ts'

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_PASSED_FD = 3

/**
 * Undefined where no socket was passed.
 *
 * @throws NotifydError `ERR_SOCKET` for sockets that are meant for another process, or none or several of them: to
 * ignore them would leave containers waiting that have connected already.
 */
export function passedSocket(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { LISTEN_PID: meant, LISTEN_FDS: count } = env
  if (meant === undefined && count === undefined) return undefined
  if (meant !== String(pid)) {
    const advice = 'start the daemon itself, with no shell or npx between, or unset LISTEN_PID and LISTEN_FDS'
    throw refusal(`LISTEN_PID is ${quote(meant)} and this process is ${pid}; ${advice}`)
  }
  if (count !== '1') {
    throw refusal(`LISTEN_FDS is ${quote(count)}, accepted: 1; let the socket unit pass one ListenStream= alone`)
  }
  return FIRST_PASSED_FD
}

function quote(value: string | undefined): string {
  return value === undefined ? 'not set' : JSON.stringify(value.slice(0, 32))
}

function refusal(problem: string): NotifydError {
  return new NotifydError('ERR_SOCKET', `cannot take over the socket that a service manager passed: ${problem}`)
}
