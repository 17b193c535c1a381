/**
 * Starts containers in front of one runtime, without the shim and with it, in turns; prints one line of JSON for each turn, in
 * milliseconds:
 *
 * {"start":{"plain":55,"seen":60,"new":160},"own":{"direct":2,"seen":4,"new":110}}
 *
 * `start` is from the call of the runtime to what the container's program prints. `own` has in the place of the runtime a
 * program that does nothing: what is above `direct` is the shim's. `seen`: it has rewritten the profile before; `new`: not.
 *
 * node container-starts.mjs RUNTIME SHIM LISTENER NOTHING REPETITIONS
 */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { which } from '../tools/setup.mjs'

const { profiles } = await import(join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/index.js'))
const [runtime, shim, listener, nothing, repetitions] = process.argv.slice(2)

const CAPABILITIES = ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETGID', 'CAP_SETUID', 'CAP_SYS_CHROOT']
/** What the measured program prints. */
const UP = 'up'

const folder = mkdtempSync(join(tmpdir(), 'sn-starts-'))
const rootfs = join(folder, 'rootfs')
const configJson = JSON.stringify(makeConfig())
let containers = 0

/** A profile of the size of an engine's, which denies by its default action. */
function makeConfig() {
  const { document } = profiles.resolve(profiles.runtimeDefault(), { capabilities: CAPABILITIES })
  const tmpfs = { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=1m'] }
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid: 0, gid: 0 },
      args: ['echo', UP],
      env: ['PATH=/bin'],
      cwd: '/',
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      noNewPrivileges: true,
    },
    root: { path: rootfs },
    mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }, tmpfs],
    linux: {
      namespaces: ['pid', 'mount', 'ipc', 'uts'].map(type => ({ type })),
      seccomp: JSON.parse(document.text),
    },
  }
}

function makeRootfs() {
  for (const name of ['bin', 'dev', 'proc', 'sys']) mkdirSync(join(rootfs, name), { recursive: true })
  copyFileSync(which('busybox'), join(rootfs, 'bin/busybox'))
  symlinkSync('busybox', join(rootfs, 'bin/echo'))
}

/** An installed shim with that real runtime behind it, and profiles kept in a folder of its own. */
function install(name, real) {
  const own = join(folder, name)
  const cacheDir = join(own, 'cache')
  mkdirSync(own)
  copyFileSync(shim, join(own, basename(runtime)))
  const settings = {
    listener,
    watch: 'all',
    failurePolicy: 'closed',
    cacheDir,
    runtimes: { [basename(runtime)]: real },
  }
  writeFileSync(join(own, 'runtime.json'), JSON.stringify(settings))
  const env = { ...process.env, SECCOMP_NOTIFYD_RUNTIME_CONFIG: join(own, 'runtime.json') }
  return {
    program: join(own, basename(runtime)),
    env,
    forget: () => rmSync(cacheDir, { recursive: true, force: true }),
  }
}

/** Engines write `config.json` anew for each start. */
async function time({ program, env = process.env }, settled) {
  const id = `starts-${process.pid}-${containers++}`
  const bundle = join(folder, id)
  mkdirSync(bundle)
  writeFileSync(join(bundle, 'config.json'), configJson)
  const cgroups = basename(runtime) === 'crun' ? ['--cgroup-manager=disabled'] : []
  const args = ['--root', join(folder, 'state'), ...cgroups, 'run', '--bundle', bundle, id]
  const begin = performance.now()
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ms = await settled(child).then(() => performance.now() - begin)
  if (child.exitCode === null) await new Promise(resolve => child.once('close', resolve))
  if (child.exitCode !== 0) throw new Error(`${program} ended with ${child.exitCode}`)
  rmSync(bundle, { recursive: true })
  return ms
}

function printed(child) {
  return new Promise((resolve, reject) => {
    child.stdout.once('data', text => (String(text) === `${UP}\n` ? resolve() : reject(new Error(String(text)))))
    child.once('close', code => reject(new Error(`nothing was printed (${code})`)))
  })
}

const ended = child => new Promise(resolve => child.once('close', resolve))

async function measure({ plain, shimmed }, settled) {
  const without = await time(plain, settled)
  shimmed.forget()
  const fresh = await time(shimmed, settled)
  return { without, seen: await time(shimmed, settled), new: fresh }
}

makeRootfs()
const whole = { plain: { program: runtime }, shimmed: install('whole', runtime) }
const own = { plain: { program: nothing }, shimmed: install('own', nothing) }
try {
  // The first turn finds files that were never read.
  for (let turn = 0; turn <= Number(repetitions); turn++) {
    const { without: plain, ...start } = await measure(whole, printed)
    const { without: direct, ...rest } = await measure(own, ended)
    if (turn > 0) console.log(JSON.stringify({ start: { plain, ...start }, own: { direct, ...rest } }))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
