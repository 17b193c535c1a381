/** PURE: what SECCOMP_RET_* values (linux/seccomp.h) are called, and which verdicts are mere probes. */

const RET_KILL_PROCESS = 0x80000000
const RET_KILL_THREAD = 0x00000000
const RET_ERRNO = 0x00050000
const RET_DATA = 0x0000ffff

const ACTIONS = new Map<number, string>([
  [RET_KILL_PROCESS, 'kill_process'],
  [RET_KILL_THREAD, 'kill_thread'],
  [0x00030000, 'trap'],
  [0x7fc00000, 'notify'],
  [0x7ff00000, 'trace'],
  [0x7ffc0000, 'log'],
  [0x7fff0000, 'allow'],
])

/**
 * Calls that a libc tries first and does without where they fail with ENOSYS. Where the original profile is not
 * known they are answered with ENOSYS, so they are probes by this list. clone3: glibc 2.34 and newer, at every
 * thread and posix_spawn (https://github.com/moby/moby/issues/42680).
 */
export const LIBC_PROBES: readonly string[] = ['clone3']

/** `EPERM`, `allow`, `kill_process`, ... The kernel takes an action that it does not know for kill_process. */
export function verdictLabel(verdict: number, errnoName: (errno: number) => string): string {
  const action = (verdict & ~RET_DATA) >>> 0
  if (action === RET_ERRNO) return errnoLabel(verdict & RET_DATA, errnoName)
  return ACTIONS.get(action) ?? 'kill_process'
}

function errnoLabel(errno: number, errnoName: (errno: number) => string): string {
  return errno === 0 ? 'errno_0' : errnoName(errno)
}

/** Whether a call only asks if the kernel has it. Takes the label. */
export function isProbe(verdict: string, syscall: string): boolean {
  return verdict === 'ENOSYS' || (verdict === 'notify' && LIBC_PROBES.includes(syscall))
}

/** Whether the original profile lets the call run; such calls are seen where a rule could only be notified whole. */
export function isAllowed(verdict: string): boolean {
  return verdict === 'allow' || verdict === 'log'
}
