#!/usr/bin/env node
/**
 * `npm start`: the main job on real input. A container under a profile that forbids `chroot` and `swapoff` uses both; the
 * daemon reports it, stops the container, and says why. Every command shown is the command that is run.
 * Exit code 1: something of that did not appear.
 */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { explain, root, setUp, which } from './setup.mjs'

const CLI = 'dist/cli/main.js'
const MESSAGE = 'Used forbidden syscalls: chroot (2x), swapoff (2x)'
const folder = mkdtempSync(join(tmpdir(), 'sn-demo-'))
const children = new Set()
const unseen = []

function title(text) {
  console.log(`\n# ${text}`)
}

/** Asks for something to have appeared; what did not is said at the end. */
function expect(what, seen) {
  console.log(`  [${seen ? 'ok' : 'MISSING'}] ${what}`)
  if (!seen) unseen.push(what)
}

/** Runs a command as shown, its output indented below it. Returns output and exit code (128 + signal as a shell has it). */
function open(command, args, { prefix = '  ', shown = true } = {}) {
  if (shown) console.log(`$ ${[command, ...args].map(quote).join(' ').replaceAll(`${root}/`, '')}`)
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', line => {
      output += `${line}\n`
      console.log(`${prefix}${line}`)
    })
  }
  const finished = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      children.delete(child)
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 143), output })
    })
  })
  return { child, finished, output: () => output }
}

function quote(word) {
  return /^[\w./:=,@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

async function within(ms, promise, what) {
  const late = sleep(ms).then(() => {
    throw new Error(`${what}: not within ${ms / 1000} s`)
  })
  return Promise.race([promise, late])
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

async function fetchText(url) {
  try {
    const response = await fetch(url)
    return response.ok ? await response.text() : ''
  } catch {
    return ''
  }
}

async function startDaemon(port) {
  const config = join(folder, 'config.yaml')
  const socket = join(folder, 'listener.sock')
  const text = `listener: { socket: ${socket} }
http: { address: '127.0.0.1:${port}', socket: ${join(folder, 'api.sock')} }
stateDir: ${join(folder, 'state')}
`
  mkdirSync(join(folder, 'state'))
  writeFileSync(config, text)
  console.log(`$ cat ${config}`)
  console.log(text.replaceAll(/^(?=.)/gm, '  '))
  const daemon = open(CLI, ['serve', '--config', config], { prefix: '  daemon | ' })
  for (let i = 0; i < 100 && daemon.child.exitCode === null; i++) {
    if ((await fetchText(`http://127.0.0.1:${port}/readyz`)) !== '') return { ...daemon, config, socket }
    await sleep(50)
  }
  throw new Error('the daemon is not ready')
}

/** A root file system of nothing but busybox, and a bundle whose profile forbids two calls. */
function makeBundle(socket) {
  const rootfs = join(folder, 'bundle/rootfs')
  for (const name of ['bin', 'proc', 'dev']) mkdirSync(join(rootfs, name), { recursive: true })
  copyFileSync(which('busybox'), join(rootfs, 'bin/busybox'))
  for (const name of ['sh', 'sleep', 'chroot', 'swapoff', 'true']) symlinkSync('busybox', join(rootfs, 'bin', name))
  const capabilities = ['CAP_SYS_CHROOT']
  const seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    listenerPath: socket,
    syscalls: [{ names: ['chroot', 'swapoff'], action: 'SCMP_ACT_NOTIFY' }],
  }
  const annotations = { 'seccomp-notifyd.io/action': 'stop' }
  const config = {
    ociVersion: '1.0.2',
    process: {
      user: { uid: 0, gid: 0 },
      args: ['sleep', '120'],
      env: ['PATH=/bin'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: 'rootfs' },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs' },
    ],
    annotations,
    linux: { namespaces: ['mount', 'pid', 'ipc', 'uts'].map(type => ({ type })), seccomp },
  }
  const path = join(folder, 'bundle/config.json')
  writeFileSync(path, JSON.stringify(config, null, 2))
  console.log(`of ${path}:`)
  for (const line of JSON.stringify({ annotations, seccomp }, null, 2).split('\n')) console.log(`  ${line}`)
  return join(folder, 'bundle')
}

async function inContainer() {
  const runc = ['--root', join(folder, 'runc')]
  const id = 'demo'
  title('A daemon that waits for containers')
  const port = await freePort()
  const daemon = await startDaemon(port)

  title('A container whose profile forbids chroot and swapoff, and which is to be stopped for using them')
  const bundle = makeBundle(daemon.socket)
  const container = open('runc', [...runc, 'run', '--bundle', bundle, id], { prefix: '  container | ' })
  await untilRunning(runc, id, container)

  title('It uses them; each call fails as the profile says, and the container goes on')
  for (const call of [
    ['chroot', '/', 'true'],
    ['swapoff', '/swapfile'],
  ]) {
    for (let time = 0; time < 2; time++)
      await within(10_000, open('runc', [...runc, 'exec', id, ...call]).finished, call[0])
  }

  title('Five seconds after the last one the daemon stops it')
  const { code } = await within(20_000, container.finished, 'the stop')
  console.log(`  container | exit code ${code}`)
  await sleep(1000)

  title('What it is remembered for')
  const described = await open(CLI, ['describe', id, '--config', daemon.config]).finished
  const url = `http://127.0.0.1:${port}/metrics`
  console.log(`$ curl -s ${url} | grep syscalls=`)
  const metric = (await fetchText(url)).split('\n').filter(line => line.includes('syscalls='))
  for (const line of metric) console.log(`  ${line}`)

  title('Seen')
  expect('exit code 137', code === 137)
  expect(`the daemon's log says: ${MESSAGE}`, daemon.output().includes(MESSAGE))
  expect('describe gives the reason: seccomp killed', /Reason:\s+seccomp killed/.test(described.output))
  expect(`describe gives the message: ${MESSAGE}`, described.output.includes(MESSAGE))
  expect(
    'the metric counts it',
    metric.some(line => line.includes('syscalls="chroot (2x), swapoff (2x)"') && line.endsWith(' 1')),
  )
  daemon.child.kill('SIGTERM')
  await within(10_000, daemon.finished, 'the end of the daemon')
}

async function untilRunning(runc, id, container) {
  for (let i = 0; i < 100 && container.child.exitCode === null; i++) {
    const state = spawn('runc', [...runc, 'state', id], { stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    state.stdout.on('data', chunk => (text += chunk))
    await new Promise(resolve => state.once('close', resolve))
    if (text.includes('"running"')) return
    await sleep(50)
  }
  throw new Error(`runc did not start the container: ${container.output()}`)
}

/** Without a usable runtime the same profile is put on a command. */
async function onCommand(reason) {
  title(`No container runtime is usable here (${reason}); the same for a command`)
  const script = 'chroot / true; chroot / true; swapoff /x; swapoff /x; sleep 60'
  const args = ['run', '--deny', 'chroot,swapoff', '--action', 'stop', '--', 'sh', '-c', script]
  const { code, output } = await within(40_000, open(CLI, args).finished, 'the stop')
  console.log(`  exit code ${code}`)
  title('Seen')
  expect('exit code 137', code === 137)
  expect(MESSAGE, output.includes(MESSAGE))
}

/** Why runc cannot be used; undefined: it can. */
function runtimeProblem() {
  if (which('runc') === null) return 'runc is not installed'
  if (which('busybox') === null) return 'busybox is not installed'
  return process.getuid() === 0 ? undefined : 'not root'
}

async function cleanUp() {
  if (which('runc') !== null && runtimeProblem() === undefined) {
    await new Promise(resolve =>
      spawn('runc', ['--root', join(folder, 'runc'), 'delete', '--force', 'demo'], { stdio: 'ignore' }).once(
        'close',
        resolve,
      ),
    )
  }
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    console.log(`\ndemo: ${signal}, cleaning up`)
    void cleanUp().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  })
}

try {
  await setUp()
  const problem = runtimeProblem()
  await (problem === undefined ? inContainer() : onCommand(problem))
  if (unseen.length > 0) console.log(`\ndemo: not seen: ${unseen.join('; ')}`)
  process.exitCode = unseen.length === 0 ? 0 : 1
} catch (error) {
  process.exitCode = 1
  if (error.name === 'StepFailure') explain(error)
  else console.log(`\ndemo: ${error.message}`)
} finally {
  await cleanUp()
}
// A deadline that was not needed must not keep the process.
process.exit()
