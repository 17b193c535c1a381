/** Real containers for tests: a busybox root file system, bundles, and runc or crun to start them. */

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, start, type Finished, type Running } from './child.ts'
import { guest } from './guests.ts'
import { findCommand } from './needs.ts'

export type RuntimeName = 'runc' | 'crun'

/** `linux.seccomp` of the OCI runtime specification. */
export interface Profile {
  defaultAction: string
  defaultErrnoRet?: number
  architectures?: string[]
  flags?: string[]
  listenerPath?: string
  listenerMetadata?: string
  syscalls: Array<{ names: string[]; action: string; errnoRet?: number; args?: object[] }>
}

export interface BundleOptions {
  /** What the container runs. */
  args: string[]
  profile?: Profile
  annotations?: Record<string, string>
  noNewPrivileges?: boolean
  capabilities?: string[]
  /** Without one the container's processes have host pids and do not die with init. */
  pidNamespace?: boolean
  /** Folders of the host, which it has in the same place and cannot write to. */
  folders?: string[]
}

export interface Runtimes {
  /** Folder of everything that belongs to this test; short, since socket paths end at 107 bytes. */
  readonly folder: string
  /** Writes a bundle; returns its folder. */
  bundle(options: BundleOptions): string
  /** `run` in the foreground: lives as long as the container. */
  run(id: string, bundle: string, deadlineMs?: number): Running
  /** The runtime leaves at once; this is finished when the last process that holds its output has ended. */
  runDetached(id: string, bundle: string): Running
  exec(id: string, args: string[], deadlineMs?: number): Promise<Finished>
  /** Freezes all processes of the container. */
  pause(id: string): Promise<Finished>
  state(id: string): Promise<{ status: string; pid: number } | undefined>
  /** Waits until the container runs. */
  running(id: string): Promise<number>
  kill(id: string, signal?: string): Promise<void>
  /** Ends all containers started here and removes the folder. */
  cleanUp(): Promise<void>
}

/** The calls that a profile forbids, notified to a listener; everything else is allowed. */
export function notifying(names: string[], socket: string, more: Partial<Profile> = {}): Profile {
  const architectures =
    process.arch === 'x64' ? ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] : ['SCMP_ARCH_AARCH64']
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures,
    listenerPath: socket,
    syscalls: [{ names, action: 'SCMP_ACT_NOTIFY' }],
    ...more,
  }
}

const CAPABILITIES = ['CAP_KILL', 'CAP_SETGID', 'CAP_SETUID', 'CAP_SYS_CHROOT']

/** `via` stands in the place of the runtime's executable. */
export function createRuntimes(name: RuntimeName, guests: string[] = [], via?: Command): Runtimes {
  const folder = mkdtempSync(join(tmpdir(), 'sn-'))
  const rootfs = makeRootfs(join(folder, 'rootfs'), guests)
  const ids = new Set<string>()
  const command = runtimeCommand(name, join(folder, 'state'), via)
  const call = (args: string[], deadlineMs?: number) => startWith(command, args, deadlineMs)
  let bundles = 0

  const state: Runtimes['state'] = async id => {
    const { code, stdout } = await call(['state', id]).finished
    return code === 0 ? (JSON.parse(stdout) as { status: string; pid: number }) : undefined
  }

  return {
    folder,
    bundle(options) {
      const path = join(folder, `bundle-${bundles++}`)
      mkdirSync(path)
      writeFileSync(join(path, 'config.json'), JSON.stringify(makeConfig(rootfs, options), null, 2))
      return path
    },
    run(id, bundle, deadlineMs) {
      ids.add(id)
      return call(['run', '--bundle', bundle, id], deadlineMs)
    },
    runDetached(id, bundle) {
      ids.add(id)
      return call(['run', '--detach', '--bundle', bundle, id])
    },
    pause: id => call(['pause', id]).finished,
    exec: (id, args, deadlineMs) => call(['exec', id, ...args], deadlineMs).finished,
    state,
    async running(id) {
      for (let attempt = 0; attempt < 200; attempt++) {
        const found = await state(id)
        if (found?.status === 'running') return found.pid
        await sleep(50)
      }
      throw new Error(`container ${id} does not run`)
    },
    async kill(id, signal = 'KILL') {
      await call(['kill', id, signal]).finished
    },
    async cleanUp() {
      for (const id of ids) await call(['delete', '--force', id]).finished
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export type Command = [string, ...string[]]

/**
 * crun (1.8) refuses the hybrid cgroup layout, where v1 hierarchies are mounted beside a `unified` v2 one: it gets a mount
 * namespace of its own without that mount, and leaves cgroups alone.
 */
export function runtimeCommand(name: RuntimeName, state: string, via: Command = [findCommand(name) ?? name]): Command {
  if (name === 'runc') return [...via, '--root', state]
  const crun: Command = [...via, '--root', state, '--cgroup-manager=disabled']
  if (!isHybrid()) return crun
  return ['unshare', '--mount', 'sh', '-c', 'umount /sys/fs/cgroup/unified && exec "$@"', 'sh', ...crun]
}

export function isHybrid(): boolean {
  return readFileSync('/proc/self/mounts', 'utf8').includes(' /sys/fs/cgroup/unified cgroup2 ')
}

function startWith([program, ...first]: Command, args: string[], deadlineMs?: number): Running {
  return start(program, [...first, ...args], deadlineMs === undefined ? {} : { deadlineMs })
}

/** A root file system of busybox under all its names. */
export function makeRootfs(path: string, guests: string[]): string {
  for (const name of ['bin', 'dev', 'proc', 'sys', 'tmp', 'etc']) mkdirSync(join(path, name), { recursive: true })
  const busybox = findCommand('busybox')
  if (busybox === undefined) throw new Error('busybox is not installed')
  copyFileSync(busybox, join(path, 'bin/busybox'))
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' })
    .split('\n')
    .filter(name => name !== '' && name !== 'busybox')
  for (const applet of applets) symlinkSync('busybox', join(path, 'bin', applet))
  for (const name of guests) copyFileSync(guest(name), join(path, 'bin', name))
  return path
}

function makeConfig(rootfs: string, options: BundleOptions): object {
  const {
    args,
    profile,
    annotations = {},
    noNewPrivileges = true,
    capabilities = CAPABILITIES,
    pidNamespace = true,
    folders = [],
  } = options
  const namespaces = ['mount', 'ipc', 'uts', ...(pidNamespace ? ['pid'] : [])]
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args,
      env: ['PATH=/bin', 'HOME=/'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      noNewPrivileges,
    },
    root: { path: rootfs, readonly: false },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      {
        destination: '/dev',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=1m'],
      },
      ...folders.map(path => ({ destination: path, type: 'bind', source: path, options: ['rbind', 'ro'] })),
    ],
    annotations,
    linux: {
      namespaces: namespaces.map(type => ({ type })),
      ...(profile === undefined ? {} : { seccomp: profile }),
    },
  }
}

/** Live processes whose command line contains the text: what a test left behind. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(name => commandLine(name).includes(text))
    .map(Number)
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
