/** Whole profiles for real containers. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadNative } from '../../ts/native.ts'
import type { Profile } from './containers.ts'
import { projectRoot } from './project.ts'

/** Above the newest call of Linux 6.18. */
export const LAST_NUMBER = 470
const STOCK = join(projectRoot, '../shared/profiles')
const STOCK_NAMES = ['moby-2026', 'moby-20.10', 'containers-common-2026']
/** Denied whatever their arguments are. */
const DENIED = [
  'chroot',
  'swapoff',
  'swapon',
  'mount',
  'umount2',
  'ptrace',
  'unshare',
  'setns',
  'reboot',
  'keyctl',
  'bpf',
]
const CONDITIONAL = ['personality', 'clone', 'socket', 'clone3', 'ioctl']
const ALLOW = 'SCMP_ACT_ALLOW'
const AF_VSOCK = 40
const TIOCSTI = 0x5412
const NAMESPACES = 0x7e020000

/** Allows nearly everything by name, so that it is the default action that denies. */
export function denyingByDefault(defaults: Pick<Profile, 'defaultAction' | 'defaultErrnoRet'>): Profile {
  const equals = (value: number) => [{ index: 0, value, op: 'SCMP_CMP_EQ' }]
  return {
    ...defaults,
    ...(process.arch === 'x64' ? { architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] } : {}),
    syscalls: [
      { names: allNames().filter(name => ![...DENIED, ...CONDITIONAL].includes(name)), action: ALLOW },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      ...[0, 8, 0xffffffff].map(value => ({ names: ['personality'], action: ALLOW, args: equals(value) })),
      {
        names: ['clone'],
        action: ALLOW,
        args: [{ index: 0, value: NAMESPACES, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      { names: ['socket'], action: ALLOW, args: [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_NE' }] },
      // Two conditions, so that the daemon is asked about all values.
      {
        names: ['ioctl'],
        action: ALLOW,
        args: [
          { index: 0, value: 3, op: 'SCMP_CMP_LT' },
          { index: 1, value: TIOCSTI, op: 'SCMP_CMP_NE' },
        ],
      },
    ],
  }
}

/** Found by random search: `seccomp_rule_add` of libseccomp 2.5.4 does not return. */
export const ENDLESS: Profile = {
  defaultAction: ALLOW,
  syscalls: [
    { names: ['prctl'], action: 'SCMP_ACT_LOG', args: [atMost(1, 15), atMost(2, 4294967296)] },
    { names: ['prctl'], action: 'SCMP_ACT_KILL', args: [atMost(1, 15), atMost(2, 40)] },
  ],
}

function atMost(index: number, value: number): object {
  return { index, value, op: 'SCMP_CMP_LE' }
}

/** The engines' own, where they lie beside the repository. */
export function stockProfiles(): Record<string, string> {
  if (!existsSync(STOCK)) return {}
  return Object.fromEntries(STOCK_NAMES.map(name => [name, readFileSync(join(STOCK, `${name}.json`), 'utf8')]))
}

function allNames(): string[] {
  const native = loadNative()
  const arches = process.arch === 'x64' ? [0xc000003e, 0x40000003] : [native.nativeArch()]
  const numbers = Array.from({ length: LAST_NUMBER }, (_, number) => number)
  const names = arches.flatMap(arch => numbers.map(number => native.syscallName(arch, number)))
  return [...new Set(names)].filter(name => !name.startsWith('syscall_'))
}
