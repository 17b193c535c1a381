/** What the runtime shim makes of a command line, with a program in the real runtime's place that tells how it was started. */
import { ENDLESS } from '../helpers/profiles.ts'

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { until } from '../helpers/child.ts'
import { guest } from '../helpers/guests.ts'
import { installShim, type Shim, type ShimSettings } from '../helpers/shim.ts'

const TELLS_ITSELF = 42
const DENYING = {
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [{ names: ['read', 'write', 'execve', 'seccomp'], action: 'SCMP_ACT_ALLOW' }],
}

test('the real runtime is the same process, with all that we were started with', async t => {
  const shim = install(t, 'runc')
  const spare = openSync('/dev/null', 'r')
  t.teardown(() => closeSync(spare))
  const lines = [
    ['kill', 'a b', '', '--', '*'],
    ['--log-format', 'json', 'no-such-command', '--bundle'],
    ['create', '--bundle', '/nowhere', 'id'],
  ]
  for (const line of lines) {
    const env = { ...shim.env, ONE: '1', TWO: 'a=b\nc' }
    const child = spawn(shim.path, line, { env, stdio: ['ignore', 'pipe', 'ignore', spare] })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
    const [code] = (await once(child, 'close')) as [number]
    t.is(code, TELLS_ITSELF)
    const told = [
      `pid ${child.pid}`,
      'fd 3',
      `argument ${guest('tells-itself')}`,
      ...line.map(word => `argument ${word}`),
      ...Object.entries(env).map(([name, value]) => `environment ${name}=${value}`),
    ]
    t.is(output, `${told.join('\n')}\n`)
  }
})

test('the name that it is called by chooses the runtime; by any other name it is the only one configured', async t => {
  const real = guest('tells-itself')
  t.is((await run(install(t, 'crun', { runtimes: { crun: real } }), ['state'])).code, TELLS_ITSELF)
  t.is((await run(install(t, 'seccomp-notifyd-runtime', { runtimes: { crun: real } }), ['state'])).code, TELLS_ITSELF)
  const both = install(t, 'other', { runtimes: { runc: real, crun: real } })
  t.like(await run(both, ['state']), { code: 1, stdout: '' })
  t.regex((await run(both, ['state'])).stderr, /called as "other", with 2 runtimes configured; hint: /)
})

test('it never becomes itself', async t => {
  const shim = install(t, 'runc')
  shim.configure({ runtimes: { runc: shim.path } })
  const { code, stderr } = await run(shim, ['state'])
  t.is(code, 1)
  t.regex(stderr, /that is this program itself/)
})

test('a wrong configuration keeps no container from being ended, only from being created', async t => {
  const shim = install(t, 'runc')
  writeFileSync(String(shim.env['SECCOMP_NOTIFYD_RUNTIME_CONFIG']), '{"wach":"all"}')
  const { code, stderr } = await run(shim, ['create', '--bundle', shim.folder, 'id'])
  t.is(code, 1)
  t.regex(stderr, /^seccomp-notifyd-runtime: reading .*runtime\.json: .*unknown field `wach`/)
  t.notRegex((await run(shim, ['delete', '--force', 'no-such-container'])).stderr, /wach/)
})

test('a configuration is replaced with its owner, its mode and all that is not its profile', async t => {
  const { shim, listens } = await watching(t)
  t.true(listens)
  const bundle = makeBundle(shim, DENYING)
  const file = join(bundle, 'config.json')
  chmodSync(file, 0o640)
  if (process.getuid?.() === 0) chownSync(file, 1234, 1235)
  const { mode, uid, gid } = statSync(file)
  const before = readFileSync(file, 'utf8')
  t.is((await run(shim, ['create', '--bundle', bundle, 'id'])).code, TELLS_ITSELF)
  const after = readFileSync(file, 'utf8')
  t.true(after.includes('"listenerPath"'))
  t.like(statSync(file), { mode, uid, gid })
  t.deepEqual(readdirSync(bundle), ['config.json'])
  const [head, tail] = before.split(JSON.stringify(DENYING))
  t.true(after.startsWith(head ?? '-') && after.includes(tail?.slice(0, -1) ?? '-'))
  t.regex(after, /18446744073709551615, 9007199254740993/)
})

test('a bundle in the current folder and one by another name are found', async t => {
  const { shim } = await watching(t)
  const here = makeBundle(shim, DENYING)
  t.is((await run(shim, ['run', 'id'], here)).code, TELLS_ITSELF)
  t.true(readFileSync(join(here, 'config.json'), 'utf8').includes('"listenerPath"'))
  const other = makeBundle(shim, DENYING)
  t.is((await run(shim, ['--root=/x', 'create', `-b=${other}`, 'id'], here)).code, TELLS_ITSELF)
  t.true(readFileSync(join(other, 'config.json'), 'utf8').includes('"listenerPath"'))
})

test('a profile for which libseccomp does not return, or that is none, is left as it is', async t => {
  const { shim } = await watching(t)
  for (const [profile, reason] of [
    [ENDLESS, /it took more than 10 s/],
    [{ ...DENYING, defaultAction: 'SCMP_ACT_ERNO' }, /SCMP_ACT_ERNO/],
    [{ ...DENYING, syscalls: [{ ...DENYING.syscalls[0], includes: { caps: ['CAP_BPF'] } }] }, /only engines read/],
  ] as const) {
    const bundle = makeBundle(shim, profile)
    const before = readFileSync(join(bundle, 'config.json'), 'utf8')
    const { code, stderr } = await run(shim, ['create', '--bundle', bundle, 'id'])
    t.is(code, TELLS_ITSELF)
    t.regex(stderr, reason)
    t.is(readFileSync(join(bundle, 'config.json'), 'utf8'), before)
  }
})

test('a profile seen before comes from the cache, unless that was tampered with', async t => {
  const { shim } = await watching(t)
  const create = async (): Promise<string> => {
    const bundle = makeBundle(shim, DENYING)
    const { code, stderr } = await run(shim, ['create', '--bundle', bundle, 'id'])
    t.deepEqual([code, stderr], [TELLS_ITSELF, ''])
    return readFileSync(join(bundle, 'config.json'), 'utf8')
  }
  const first = await create()
  const [name = ''] = shim.kept()
  const file = join(shim.folder, 'cache', name)
  const { ino } = statSync(file)
  t.is(await create(), first)
  t.is(statSync(file).ino, ino, 'it was not made again')
  writeFileSync(file, readFileSync(file, 'utf8').replace('SCMP_ACT_ERRNO', 'SCMP_ACT_ALLOW'))
  t.is(await create(), first)
  t.deepEqual(shim.kept(), [name])
  chmodSync(join(shim.folder, 'cache'), 0o777)
  const bundle = makeBundle(shim, DENYING)
  t.regex((await run(shim, ['create', '--bundle', bundle, 'id'])).stderr, /it is not a folder of this user's alone/)
  t.is(readFileSync(join(bundle, 'config.json'), 'utf8'), first, 'rewritten all the same')
})

test('a bundle that cannot be changed is left as it is, or the container refused', async t => {
  const { shim } = await watching(t)
  const bundle = makeBundle(shim, DENYING)
  const file = join(bundle, 'config.json')
  for (const text of ['{', '{"linux":{"seccomp":{}},"Linux":{}}', '[]']) {
    writeFileSync(file, text)
    t.is((await run(shim, ['create', '--bundle', bundle, 'id'])).code, TELLS_ITSELF, text)
    t.is(readFileSync(file, 'utf8'), text)
  }
  truncateSync(file, 17 * 1024 * 1024)
  t.regex((await run(shim, ['create', '--bundle', bundle, 'id'])).stderr, /at most 16777216 bytes/)
  rmSync(file)
  execFileSync('mkfifo', [file])
  t.regex((await run(shim, ['create', '--bundle', bundle, 'id'])).stderr, /is not a regular file/)
  const listener = join(shim.folder, 'l.sock')
  shim.configure({ runtimes: { runc: guest('tells-itself') }, listener, failurePolicy: 'closed' })
  t.like(await run(shim, ['create', '--bundle', bundle, 'id']), { code: 1, stdout: '' })
  t.like(await run(shim, ['create', '--bundel', bundle, 'id']), { code: 1, stdout: '' })
  t.is((await run(shim, ['delete', '--bundel', bundle, 'id'])).code, TELLS_ITSELF)
})

test('no process of ours is left where the engine kills us', async t => {
  const { shim } = await watching(t)
  const bundle = makeBundle(shim, ENDLESS)
  const child = spawn(shim.path, ['create', '--bundle', bundle, 'id'], { env: { ...process.env, ...shim.env } })
  await until(() => workersOf(child.pid).length === 1, 5000)
  const [worker = -1] = workersOf(child.pid)
  child.kill('SIGKILL')
  await until(() => !existsSync(`/proc/${worker}`), 5000)
  t.pass()
})

/** Its children. */
function workersOf(pid = -1): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text
    .split(' ')
    .filter(word => word !== '')
    .map(Number)
}

function install(t: ExecutionContext, name: string, settings: ShimSettings = {}): Shim {
  return installShim(t, name, { runtimes: { runc: guest('tells-itself') }, ...settings })
}

/** A shim that watches all containers, and somebody who listens. */
async function watching(t: ExecutionContext): Promise<{ shim: Shim; listens: boolean }> {
  const shim = install(t, 'runc')
  const listener = join(shim.folder, 'l.sock')
  const server = createServer(socket => socket.destroy()).listen(listener)
  t.teardown(() => server.close())
  await once(server, 'listening')
  shim.configure({ runtimes: { runc: guest('tells-itself') }, watch: 'all', listener })
  return { shim, listens: server.listening }
}

let bundles = 0

function makeBundle(shim: Shim, profile: object): string {
  const bundle = join(shim.folder, `bundle-${bundles++}`)
  mkdirSync(bundle)
  const text = `{"x": [18446744073709551615, 9007199254740993], "linux": {"seccomp": ${JSON.stringify(profile)}}, "y":  0}`
  writeFileSync(join(bundle, 'config.json'), text)
  return bundle
}

async function run(shim: Shim, args: string[], cwd = '/') {
  const child = spawn(shim.path, args, { env: { ...process.env, ...shim.env }, cwd })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const [code] = (await once(child, 'close')) as [number]
  return { code, ...output }
}
