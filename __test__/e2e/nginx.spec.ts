/** A server that knows nothing of us, under Docker with its default profile, and somebody who breaks in. */

import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { until, type Finished } from '../helpers/child.ts'
import { makeRootfs } from '../helpers/containers.ts'
import { startDaemonFor, type DaemonProcess } from '../helpers/daemon-process.ts'
import { needDocker, startDocker } from '../helpers/docker.ts'
import { checksWith } from '../helpers/engine-checks.ts'
import { addNginx, firstPage, NGINX } from '../helpers/nginx.ts'
import { installShim } from '../helpers/shim.ts'

const IMAGE = 'nginx:test'
/** `stop` for every container; the debounce is CRI-O's. */
const STOP = { policy: { action: 'stop' } }
const KILLED = '137'
/** Without the capability Docker's profile denies chroot; nginx does not need it. */
const OPTIONS = ['--detach', '--net', 'none', '--cap-drop', 'SYS_CHROOT']

const check = checksWith('docker', needDocker())

check('nginx serves pages under `stop` unnoticed, until somebody in its container makes a forbidden call', async t => {
  const { call, daemon } = await setting(t)
  const exec = (...command: string[]) => call(['exec', 'web', ...command])
  const { stdout } = await call(['run', '--name', 'web', ...OPTIONS, IMAGE, ...NGINX])
  const id = stdout.trim()
  const get = (path: string) => exec('wget', '-q', '-O', '-', `http://127.0.0.1${path}`)
  await until(async () => (await get('/')).code === 0, 20_000)
  for (let page = 0; page < 10; page++) t.is((await get('/')).stdout, firstPage())
  t.regex((await get('/none')).stderr, /404 Not Found/)
  t.is((await exec('nginx', '-s', 'reload')).code, 0)
  t.is((await get('/')).stdout, firstPage())
  t.deepEqual((await daemon.container(id))?.incidents, [])

  const denied = await exec('chroot', '/', 'true')
  t.is(denied.code, 1)
  t.regex(denied.stderr, /Operation not permitted/)
  t.is((await call(['wait', 'web'])).stdout.trim(), KILLED)
  await until(async () => (await daemon.container(id))?.state === 'stopped', 5000)
  const view = await daemon.container(id)
  t.like(view, { message: 'Used forbidden syscalls: chroot (1x)', reason: 'seccomp killed', exitCode: 137 })
  const seen = view?.calls.map(({ syscall, verdict, count }) => ({ syscall, verdict, count }))
  t.deepEqual(seen, [{ syscall: 'chroot', verdict: 'EPERM', count: 1 }], 'not one of nginx, not even a probe')
})

interface Setting {
  call(args: string[]): Promise<Finished>
  daemon: DaemonProcess
}

async function setting(t: ExecutionContext): Promise<Setting> {
  const shim = installShim(t, 'runc')
  const daemon = await startDaemonFor(t, shim.folder, { config: STOP })
  shim.configure({ listener: daemon.listenerSocket, watch: 'all' })
  const docker = await startDocker(t, { notifyd: shim.script }, 'notifyd')
  const root = makeRootfs(join(shim.folder, 'nginx'), [])
  addNginx(root)
  await docker.addImage(IMAGE, root)
  return { call: docker.call, daemon }
}
