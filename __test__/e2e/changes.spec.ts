/** A real daemon and a real container: stopped and treated differently over HTTP, by whoever may. */

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { ContainerDetail } from '../../ts/http/routes/containers.ts'
import { endProcess, until } from '../helpers/child.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { startFakeRuntime } from '../helpers/fake-runtime.ts'
import { folderOf } from '../helpers/folder.ts'
import { guest } from '../helpers/guests.ts'
import { send } from '../helpers/send.ts'

/** What the fake runtime's filter notifies. */
const GETPPID = process.arch === 'x64' ? '110' : '173'
const TOKEN = 'Zm91ciBhbmQgdHdlbnR5IGJ5dGVz'

/** A container that makes forbidden calls until it is stopped. */
async function startContainer(t: ExecutionContext, daemon: DaemonProcess): Promise<number> {
  const program = ['--', guest('calls-repeatedly'), '100000', '20000', GETPPID]
  const runtime = startFakeRuntime(daemon.listenerSocket, ['--id', 'web', ...program])
  t.teardown(() => runtime.process.kill('SIGKILL'))
  await until(async () => (await daemon.calls('web', 'getppid')) > 0, 20_000)
  const pid = (await daemon.container('web'))?.initPid ?? 0
  t.teardown(() => pid > 1 && endProcess(pid))
  t.true(pid > 1)
  return pid
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('over the unix socket a container is stopped, all of it, and remembered as stopped on request', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), { config: { policy: { errno: 'EPERM' } } })
  const pid = await startContainer(t, daemon)
  t.true(lives(pid))
  const path = '/v1/containers/web/stop'
  const { status, answer } = await send({ socketPath: daemon.apiSocket, path, method: 'POST' })
  t.is(status, 200, JSON.stringify(answer))
  t.like(answer, { state: 'stopped', reason: 'stopped on request', exitCode: 137 })
  await until(() => !lives(pid), 10_000)
  await until(async () => (await daemon.container('web'))?.listeners === 0, 10_000)
  t.like(await daemon.container('web'), { state: 'stopped', reason: 'stopped on request' })
  const again = await send({ socketPath: daemon.apiSocket, path, method: 'POST' })
  t.is(again.status, 409)
  t.is(again.answer['code'], 'ERR_NOT_RUNNING')
})

test('a policy that is changed applies to the calls that follow: they run, and lead to a stop', async t => {
  const daemon = await startDaemonFor(t, folderOf(t), { config: { policy: { errno: 'EPERM' } } })
  const pid = await startContainer(t, daemon)
  const patch = (body: object) =>
    send({ socketPath: daemon.apiSocket, path: '/v1/containers/web/policy', method: 'PATCH' }, body)
  t.is((await patch({ answer: 'continue' })).status, 200)
  t.like(await daemon.container('web'), { answer: 'continue', state: 'running' })
  const refused = await patch({ action: 'stop', debounce: '1 s' })
  t.is(refused.status, 400)
  t.is(refused.answer['code'], 'ERR_POLICY')
  t.is((await daemon.container('web'))?.action, 'log')
  t.is((await patch({ action: 'stop', debounce: '0s' })).status, 200)
  await until(() => !lives(pid), 20_000)
  await until(async () => (await daemon.container('web'))?.state === 'stopped', 10_000)
  t.is((await daemon.container('web'))?.reason, 'seccomp killed')
})

test('TCP reads, and changes only with the token of the file', async t => {
  const folder = folderOf(t)
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, `${TOKEN}\n`)
  chmodSync(tokenFile, 0o600)
  const http = { address: '127.0.0.1:0', socket: join(folder, 'a.sock'), tokenFile }
  const daemon = await startDaemonFor(t, folder, { config: { http } })
  await startContainer(t, daemon)
  const ready = daemon.logs().find(({ msg }) => msg === 'ready') as { addresses: string[] } | undefined
  const { hostname: host, port } = new URL(ready!.addresses.find(address => address.startsWith('http:'))!)
  const at = (method: string, path: string, headers = {}) => send({ host, port, method, path, headers })
  t.is(((await at('GET', '/v1/containers/web')).answer as unknown as ContainerDetail).id, 'web')
  const stop = '/v1/containers/web/stop'
  t.is((await at('POST', stop)).status, 401)
  t.is((await at('POST', stop, { Authorization: 'Bearer wrong' })).status, 401)
  const Authorization = `Bearer ${TOKEN}`
  t.is((await at('POST', stop, { Authorization, Origin: 'http://evil.example' })).status, 403)
  t.is((await at('POST', stop, { Authorization, Host: 'evil.example' })).status, 403)
  t.is((await daemon.container('web'))?.state, 'running')
  t.is((await at('POST', stop, { Authorization })).status, 200)
  t.false(JSON.stringify(daemon.logs()).includes(TOKEN))
})

test('a daemon whose token file is open to others does not start, and says what to do', async t => {
  const folder = folderOf(t)
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, TOKEN)
  chmodSync(tokenFile, 0o644)
  const http = { address: 'off', socket: join(folder, 'a.sock'), tokenFile }
  const daemon = await startDaemonFor(t, folder, { config: { http }, wait: false })
  const { code, stderr } = await daemon.child.finished
  t.is(code, 1)
  t.true(stderr.includes(`the token file ${tokenFile} is open to others (mode 644); make it \`chmod 600\``), stderr)
})
