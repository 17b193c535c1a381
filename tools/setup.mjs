#!/usr/bin/env node
/**
 * Brings a fresh checkout to where it can be tested and run: system packages, `npm ci`, the addon, TypeScript.
 * Plain Node without a dependency, because it works before `npm ci`. A step whose inputs are as they were is skipped.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

// runc lies in /usr/sbin on Debian, which is not on the PATH of ordinary users; rustup's cargo often is not either.
for (const folder of ['/usr/sbin', '/sbin', join(homedir(), '.cargo', 'bin')]) {
  const path = (process.env.PATH ?? '').split(delimiter)
  if (!path.includes(folder)) process.env.PATH = [...path, folder].join(delimiter)
}

const SYSTEM_PACKAGES = [
  {
    name: 'gcc',
    why: 'to link the addon and build test programs',
    required: true,
    present: () => which('gcc') !== null,
  },
  {
    name: 'libc6-dev',
    why: 'to link the addon and build test programs',
    required: true,
    present: () => hasLibrary('libc.a'),
  },
  { name: 'libseccomp-dev', why: 'to compile profiles', required: true, present: () => hasLibrary('libseccomp.a') },
  { name: 'runc', why: 'for demo and tests', required: false, present: () => which('runc') !== null },
  { name: 'crun', why: 'for tests', required: false, present: () => which('crun') !== null },
  {
    name: 'busybox-static',
    why: 'for the root file systems of demo and tests',
    required: false,
    present: hasStaticBusybox,
  },
  // They bring services along, so only what runs the tests asks for them.
  {
    name: 'docker.io',
    why: 'for tests of Docker and of containerd, which comes with it',
    required: false,
    engine: true,
    present: () => which('dockerd') !== null && which('containerd') !== null,
  },
  {
    name: 'podman',
    why: 'for tests of Podman',
    required: false,
    engine: true,
    present: () => which('podman') !== null && which('conmon') !== null,
  },
  {
    name: 'python3',
    why: 'for tests of real programs in a container and of recordings',
    required: false,
    engine: true,
    present: () => which('python3') !== null,
  },
  {
    name: 'nginx-light',
    why: 'for tests of a server in a container and of recordings',
    required: false,
    engine: true,
    present: () => which('nginx') !== null,
  },
  {
    name: 'redis-server',
    why: 'for tests of recordings',
    required: false,
    engine: true,
    present: () => which('redis-server') !== null && which('redis-benchmark') !== null,
  },
  {
    name: 'git',
    why: 'for tests of recordings',
    required: false,
    engine: true,
    present: () => which('git') !== null,
  },
  {
    name: 'musl-tools',
    why: 'for tests of backtraces',
    required: false,
    engine: true,
    present: () => which('musl-gcc') !== null,
  },
  {
    name: 'golang-go',
    why: 'for tests of backtraces and of recordings',
    required: false,
    engine: true,
    present: () => which('go') !== null,
  },
  ...['zsh', 'fish'].map(shell => ({
    name: shell,
    why: 'for tests of its completion',
    required: false,
    engine: true,
    present: () => which(shell) !== null,
  })),
  {
    name: 'chromium',
    why: 'for tests of the dashboard',
    required: false,
    engine: true,
    present: () => which('chromium') !== null,
  },
  { name: 'strace', why: 'for tests and the benchmark', required: false, present: () => which('strace') !== null },
]

/** A step that failed: what was run and what it printed. */
export class StepFailure extends Error {
  constructor(message, output = '') {
    super(message)
    this.name = 'StepFailure'
    this.output = output
  }
}

export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** First executable of that name on the PATH, or null. */
export function which(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      // Not here.
    }
  }
  return null
}

/** Runs a command silently; a failure carries everything that it printed. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    child.on('error', error => reject(new StepFailure(`${command}: ${error.message}`)))
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output)
      else reject(new StepFailure(`${[command, ...args].join(' ')}: ${signal ?? `exit code ${code}`}`, output))
    })
  })
}

/** Says what is missing; installs it where that can be done (Debian, root). Returns the names still missing. */
export async function installSystemPackages({ engines = false } = {}) {
  const wanted = SYSTEM_PACKAGES.filter(entry => engines || !entry.engine)
  const missing = wanted.filter(entry => !entry.present())
  if (missing.length === 0) return []
  const names = missing.map(entry => entry.name)
  if (canInstall()) {
    say(`setup: installing ${names.join(' ')}`)
    await aptInstall(names)
  }
  const left = missing.filter(entry => !entry.present())
  for (const entry of left) say(`setup: missing: ${entry.name} (${entry.why})`)
  if (left.length > 0) say(`setup: to install by hand: sudo apt-get install ${left.map(entry => entry.name).join(' ')}`)
  const fatal = left.filter(entry => entry.required)
  if (fatal.length > 0) throw new StepFailure(`cannot build without ${fatal.map(entry => entry.name).join(', ')}`)
  return left.map(entry => entry.name)
}

/** Whether this user can install packages on this machine. */
export function canInstall() {
  return process.getuid?.() === 0 && which('apt-get') !== null
}

async function aptInstall(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) => run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env })
  const install = (...packages) => apt('install', '-y', '--no-install-recommends', ...packages)
  try {
    await apt('update')
    await install(...names)
  } catch (error) {
    say(`setup: ${error.message}; trying each on its own`)
    for (const name of names) {
      await install(name).catch(problem => say(`setup: ${problem.message}\n${tail(problem.output)}`))
    }
  }
}

function libraryPath(file) {
  if (which('gcc') === null) return null
  const path = execFileSync('gcc', [`-print-file-name=${file}`], { encoding: 'utf8' }).trim()
  return isAbsolute(path) && existsSync(path) ? path : null
}

function hasLibrary(file) {
  return libraryPath(file) !== null
}

/** A busybox that is linked dynamically cannot run alone in a root file system. */
function hasStaticBusybox() {
  const path = which('busybox')
  return path !== null && !hasInterpreter(path)
}

/** Whether a 64-bit ELF file has a PT_INTERP program header (elf.h). */
function hasInterpreter(path) {
  const head = Buffer.alloc(4096)
  const file = openSync(path, 'r')
  readSync(file, head, 0, head.length, 0)
  closeSync(file)
  const offset = Number(head.readBigUInt64LE(32))
  const [size, count] = [head.readUInt16LE(54), head.readUInt16LE(56)]
  return Array.from({ length: count }, (_, index) => head.readUInt32LE(offset + index * size)).includes(3)
}

function checkVersions() {
  if (process.platform !== 'linux') throw new StepFailure('seccomp notifications exist on Linux only')
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node.replace('>=', '')
  if (isOlder(process.versions.node, wanted))
    throw new StepFailure(`Node ${wanted} or newer is needed, this is ${process.versions.node}`)
}

async function checkRust() {
  const wanted = /^rust-version = "(.+)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))?.[1] ?? '0'
  const advice = `Rust ${wanted} or newer is needed; see https://rustup.rs`
  if (which('cargo') === null) throw new StepFailure(`${advice} (cargo was not found)`)
  const found = /\d+\.\d+(\.\d+)?/.exec(await run('rustc', ['--version']))?.[0] ?? '0'
  if (isOlder(found, wanted)) throw new StepFailure(`${advice} (this is ${found}; \`rustup update\` renews it)`)
}

function isOlder(found, wanted) {
  const [a, b] = [found, wanted].map(version => version.split('.').map(Number))
  const at = b.findIndex((part, index) => (a[index] ?? 0) !== part)
  return at >= 0 && (a[at] ?? 0) < b[at]
}

/** `npm ci` when the lock file is not the one that was installed. */
export async function installNodePackages() {
  if (!existsSync(join(root, '.cache/setup/npm')) && isNewer('node_modules/.package-lock.json', 'package-lock.json'))
    return
  await step('npm', 'npm ci', ['package-lock.json'], ['node_modules/.package-lock.json'], () =>
    run('npm', ['ci', '--no-audit', '--no-fund']),
  )
}

function isNewer(path, other) {
  return existsSync(join(root, path)) && statSync(join(root, path)).mtimeMs >= statSync(join(root, other)).mtimeMs
}

/** Builds the addon into `native/`, with the types that are committed beside it. */
export async function buildAddon() {
  const inputs = ['crates', 'Cargo.toml', 'Cargo.lock', '.cargo', 'rust-toolchain.toml', 'package.json']
  await step('addon', 'building the addon', inputs, [addonFile(), 'native/index.d.ts'], async () => {
    await checkRust()
    const build = ['napi', 'build', '--manifest-path', 'crates/binding/Cargo.toml', '--platform', '--release']
    await run('npx', [...build, '--output-dir', 'native', '--no-js', '--dts', 'index.d.ts'], {
      env: buildEnvironment(),
    })
  })
}

/** Builds the static executables into `native/`: the runtime shim, and the program that looks at waiting calls. */
export async function buildExecutables() {
  for (const executable of EXECUTABLES) await buildExecutable(executable)
}

async function buildExecutable({ name, file, needs }) {
  const inputs = [...needs.map(crate => `crates/${crate}`), 'Cargo.toml', 'Cargo.lock', '.cargo', 'rust-toolchain.toml']
  const output = `native/${file}`
  await step(name, `building ${file}`, inputs, [output], async () => {
    // Named, since napi names it for the addon: so both share what they are made of.
    const host = /^host: (.+)$/m.exec(await run('rustc', ['-vV']))?.[1] ?? ''
    const build = ['rustc', '--release', '--target', host, '--package', `notifyd-${name}`, '--bin', file]
    // The shim is called in mount namespaces and on hosts of which nothing is known; both start quicker so.
    const args = [...build, '--message-format', 'json', '--', '-C', 'target-feature=+crt-static']
    const messages = (await run('cargo', args, { env: buildEnvironment() })).split('\n')
    const built = messages.map(line => /"executable":"([^"]+)"/.exec(line)?.[1]).find(Boolean)
    if (built === undefined) throw new StepFailure(`cargo built no ${file}`, messages.join('\n'))
    // Another inode: one that somebody executes cannot be written.
    rmSync(join(root, output), { force: true })
    copyFileSync(built, join(root, output))
  })
}

/** The environment for cargo: where the static libseccomp lies when it is not where `.cargo/config.toml` says. */
export function buildEnvironment() {
  const archive = libraryPath('libseccomp.a')
  if (process.arch === 'x64' || archive === null) return process.env
  return { LIBSECCOMP_LIB_PATH: dirname(archive), ...process.env }
}

/** `needs` are the crates that it is made of. */
export const EXECUTABLES = [
  { name: 'runtime', file: 'seccomp-notifyd-runtime', needs: ['bpf', 'profile', 'runtime'] },
  { name: 'inspect', file: 'seccomp-notifyd-inspect', needs: ['bpf', 'kernel', 'backtrace', 'inspect'] },
]

function addonFile() {
  const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'gnu'
  return `native/notifyd.linux-${process.arch}-${libc}.node`
}

/** Compiles `ts/` to `dist/` (what is shipped) and, with the tests, to `build/` (what ava runs). */
export async function compileTypeScript() {
  const configs = ['tsconfig.json', 'tsconfig.build.json', 'node_modules/.package-lock.json', 'native/index.d.ts']
  await step('dist', 'compiling ts/ to dist/', ['ts', ...configs], ['dist'], async () => {
    await run('npx', ['tsc', '-p', 'tsconfig.build.json'])
    removeOrphans('dist', 'ts')
    const bin = join(root, 'dist/cli/main.js')
    if (existsSync(bin)) chmodSync(bin, 0o755)
  })
  await step('build', 'compiling tests to build/', ['ts', '__test__', ...configs], ['build'], async () => {
    await run('npx', ['tsc', '-p', 'tsconfig.json'])
    removeOrphans('build/ts', 'ts')
    removeOrphans('build/__test__', '__test__')
  })
}

/** Removes outputs whose source is gone: a stale module would be shipped and hide a broken import. */
function removeOrphans(outputs, sources) {
  for (const file of filesUnder(outputs).filter(path => /\.(js|js\.map|d\.ts)$/.test(path))) {
    const source = join(root, sources, relative(outputs, file).replace(/\.(js|js\.map|d\.ts)$/, '.ts'))
    if (!existsSync(source)) rmSync(join(root, file))
  }
}

/** Does the work unless inputs and outputs are as the last success left them. */
async function step(name, title, inputs, outputs, work) {
  const stamp = join(root, '.cache/setup', name)
  const before = fingerprint(inputs)
  const current = () => `${before} ${outputs.map(stateOf).join(' ')}\n`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === current()) return
  say(`setup: ${title}`)
  await work()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, current())
}

/** By content, not by time: a checkout renews every time stamp. */
function fingerprint(inputs) {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap(filesUnder)) hash.update(`${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function filesUnder(path) {
  const full = join(root, path)
  if (!existsSync(full)) return []
  if (statSync(full).isFile()) return [path]
  return readdirSync(full)
    .toSorted()
    .flatMap(name => filesUnder(join(path, name)))
}

function stateOf(path) {
  const full = join(root, path)
  if (!existsSync(full)) return `${path}:missing`
  const { mtimeMs, size } = statSync(full)
  return `${path}:${mtimeMs}:${size}`
}

export function tail(text, lines = 40) {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}

/** All steps; with `engines` also container engines for tests. Returns the names of optional packages still missing. */
export async function setUp(options) {
  checkVersions()
  const missing = await installSystemPackages(options)
  await installNodePackages()
  await buildAddon()
  await buildExecutables()
  await compileTypeScript()
  return { missing }
}

/** Prints a failure as a person wants it: what was run, and what it said. */
export function explain(error) {
  if (!(error instanceof StepFailure)) throw error
  say(`setup: ${error.message}`)
  if (error.output) say(tail(error.output, 200))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = Date.now()
  try {
    await setUp()
    say(`setup: ready after ${((Date.now() - started) / 1000).toFixed(1)} s`)
  } catch (error) {
    explain(error)
    process.exitCode = 1
  }
}
