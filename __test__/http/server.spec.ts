import { existsSync, lstatSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import { startServers, type Servers } from '../../ts/http/server.ts'
import { silent, source } from './fakes.ts'

const plain = { tokenFile: null, requestBurst: 200, requestsPerSecond: 50 }
const folder = (): string => mkdtempSync(join(tmpdir(), 'http-'))
const start = (socket: string, address: string | null = null, graceMs = 50): Promise<Servers> =>
  startServers({ config: { http: { ...plain, address, socket } }, source: source([]), log: silent, graceMs })

function get(options: RequestOptions): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (answer: IncomingMessage) => {
      let body = ''
      answer
        .setEncoding('utf8')
        .on('data', (text: string) => {
          body += text
        })
        .on('end', () => resolve({ status: answer.statusCode, body }))
    })
    sent.on('error', reject).end()
  })
}

/** A socket file that nobody listens on, as a killed daemon leaves it. */
function leaveStale(path: string): void {
  const script = 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))'
  spawnSync(process.execPath, ['-e', script, path])
}

test('the socket answers, has mode 0600, and nothing is left beside it', async t => {
  const path = join(folder(), 'api.sock')
  const { addresses, close } = await start(path)
  t.deepEqual(addresses, [`unix:${path}`])
  t.is(lstatSync(path).mode & 0o777, 0o600)
  t.deepEqual(readdirSync(dirname(path)), ['api.sock'])
  t.deepEqual(await get({ socketPath: path, path: '/healthz' }), { status: 200, body: 'ok\n' })
  await close()
  t.deepEqual(readdirSync(dirname(path)), [])
})

test('the folder is made, for its owner alone', async t => {
  const path = join(folder(), 'a', 'b', 'api.sock')
  const { close } = await start(path)
  t.is(lstatSync(dirname(path)).mode & 0o777, 0o700)
  await close()
})

test('a path as long as sun_path allows works', async t => {
  const dir = folder()
  const path = join(dir, 'x'.repeat(107 - dir.length - 1))
  t.is(Buffer.byteLength(path), 107)
  const { close } = await start(path)
  t.is((await get({ socketPath: path, path: '/healthz' })).status, 200)
  await close()
  t.false(existsSync(path))
})

test('a stale socket is replaced', async t => {
  const path = join(folder(), 'api.sock')
  leaveStale(path)
  t.true(lstatSync(path).isSocket())
  const { close } = await start(path)
  t.is((await get({ socketPath: path, path: '/healthz' })).status, 200)
  await close()
})

test('a living owner keeps the socket', async t => {
  const path = join(folder(), 'api.sock')
  const first = await start(path)
  await t.throwsAsync(start(path), {
    code: 'ERR_SOCKET_IN_USE',
    message: `another process listens on ${path}; stop it or choose another path`,
  })
  t.is((await get({ socketPath: path, path: '/healthz' })).status, 200)
  t.deepEqual(readdirSync(dirname(path)), ['api.sock'])
  await first.close()
})

test('of many daemons that start at once over a stale socket one wins', async t => {
  const path = join(folder(), 'api.sock')
  leaveStale(path)
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => start(path)))
  const winners = outcomes.filter(outcome => outcome.status === 'fulfilled')
  t.is(winners.length, 1)
  t.is((await get({ socketPath: path, path: '/healthz' })).status, 200)
  await winners[0]!.value.close()
})

test('a file that is no socket is left alone', async t => {
  const path = join(folder(), 'api.sock')
  writeFileSync(path, 'mine')
  await t.throwsAsync(start(path), {
    code: 'ERR_SOCKET_PATH',
    message: `${path} exists and is not a socket; remove it or choose another path`,
  })
  t.true(lstatSync(path).isFile())
})

test('a folder that cannot be written to is named', async t => {
  const dir = folder()
  writeFileSync(join(dir, 'file'), '')
  await t.throwsAsync(start(join(dir, 'file', 'api.sock')), {
    code: 'ERR_SOCKET_PATH',
    message: /could not listen on .*api\.sock/,
  })
})

test('a path that somebody else took meanwhile is not removed at close', async t => {
  const path = join(folder(), 'api.sock')
  const first = await start(path)
  const { unlinkSync } = await import('node:fs')
  unlinkSync(path)
  const second = await start(path)
  await first.close()
  t.is((await get({ socketPath: path, path: '/healthz' })).status, 200)
  await second.close()
})

test('TCP answers to its address and refuses foreign names', async t => {
  const { addresses, close } = await start(join(folder(), 's'), '127.0.0.1:0')
  const { port } = new URL(addresses[1]!)
  t.is((await get({ port, host: '127.0.0.1', path: '/healthz' })).status, 200)
  const refused = await get({ port, host: '127.0.0.1', path: '/v1/containers', headers: { Host: 'evil.example' } })
  t.is(refused.status, 403)
  t.like(JSON.parse(refused.body), { code: 'ERR_HOST' })
  await close()
})

test('the unix socket takes any host name', async t => {
  const path = join(folder(), 's')
  const { close } = await start(path)
  t.is((await get({ socketPath: path, path: '/healthz', headers: { Host: 'anything' } })).status, 200)
  await close()
})

test('a port in use is an error with the address and what to do, and the unix socket is let go', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  const address = `127.0.0.1:${(other.address() as AddressInfo).port}`
  const path = join(folder(), 's')
  await t.throwsAsync(start(path, address), {
    code: 'ERR_ADDRESS_IN_USE',
    message: `the address ${address} is in use; \`ss -ltnp\` shows by whom; choose another with --http or http.address`,
  })
  t.false(existsSync(path))
  other.close()
})

test('close does not wait for a connection that never ends', async t => {
  const path = join(folder(), 's')
  const { close } = await start(path, null, 50)
  const idle = connect(path)
  await new Promise(resolve => idle.once('connect', resolve))
  idle.write('GET / HTTP/1.1\r\n')
  const ended = new Promise(resolve => idle.once('close', resolve))
  await close()
  await ended
  t.pass()
})

test('headers beyond the limit are refused', async t => {
  const path = join(folder(), 's')
  const { close } = await start(path)
  t.is((await get({ socketPath: path, path: '/healthz', headers: { 'X-Long': 'x'.repeat(20_000) } })).status, 431)
  await close()
})

test('an open address is warned about', async t => {
  const warnings: string[] = []
  const log = { ...silent, warn: (_: object, text: string) => warnings.push(text) }
  const http = { ...plain, address: '0.0.0.0:0', socket: join(folder(), 's') }
  const { close } = await startServers({ config: { http }, source: source([]), log, graceMs: 50 })
  t.deepEqual(warnings, ['HTTP is open to other machines, without a password'])
  await close()
})

test('the global Request and Response are left alone', async t => {
  const before = [globalThis.Request, globalThis.Response]
  const { close } = await start(join(folder(), 's'))
  t.deepEqual([globalThis.Request, globalThis.Response], before)
  await close()
})

test('over the unix socket a browser has to name this host, as a page of another name may have made it ask', async t => {
  const path = join(folder(), 's')
  const { close } = await start(path)
  const ask = async (headers: Record<string, string>) =>
    (await get({ socketPath: path, path: '/v1/containers', headers })).status
  t.is(await ask({ Host: 'evil.example', Origin: 'http://evil.example' }), 403)
  t.is(await ask({ Host: 'evil.example', 'Sec-Fetch-Site': 'same-origin' }), 403)
  t.is(await ask({ Host: 'localhost:8080', Origin: 'http://localhost:8080' }), 200)
  t.is(await ask({ Host: 'whatever' }), 200)
  await close()
})

test('over TCP a client that asks too often is refused, over the unix socket it is not', async t => {
  const path = join(folder(), 's')
  const { addresses, close } = await startServers({
    config: { http: { ...plain, address: '127.0.0.1:0', socket: path, requestBurst: 3, requestsPerSecond: 1 } },
    source: source([]),
    log: silent,
    graceMs: 50,
  })
  const { port } = new URL(addresses[1]!)
  const ask = async () => (await get({ port, host: '127.0.0.1', path: '/v1/containers' })).status
  t.deepEqual([await ask(), await ask(), await ask()], [200, 200, 200])
  // As many as are let in by default; of these, one a second.
  const statuses = await Promise.all(Array.from({ length: 100 }, ask))
  t.true(statuses.includes(429))
  t.true(statuses.every(status => status === 429 || status === 200))
  t.is((await get({ port, host: '127.0.0.1', path: '/healthz' })).status, 200)
  for (let times = 0; times < 9; times++) t.is((await get({ socketPath: path, path: '/v1/containers' })).status, 200)
  await close()
})
