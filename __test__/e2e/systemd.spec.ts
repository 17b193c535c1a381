/** deploy/systemd/: units that systemd accepts, with the paths of the program and rights that are enough for it. */

import test from 'ava'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultPaths } from '../../ts/config/default-paths.ts'
import { start, until } from '../helpers/child.ts'
import { CLI } from '../helpers/daemon-process.ts'
import { folderOf } from '../helpers/folder.ts'
import { findCommand } from '../helpers/needs.ts'
import { projectRoot } from '../helpers/project.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const UNITS = ['seccomp-notifyd.service', 'seccomp-notifyd.socket']
const readUnit = (name: string) => readFileSync(join(projectRoot, 'deploy/systemd', name), 'utf8')
const [service = '', socket = ''] = UNITS.map(readUnit)

function valueOf(unit: string, key: string): string | undefined {
  return new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1]
}

const analyze = findCommand('systemd-analyze')
const verify = analyze === undefined ? test.skip : test

verify(`systemd-analyze verify has nothing to say${analyze === undefined ? ' (it is not installed)' : ''}`, async t => {
  const folder = folderOf(t)
  const files = UNITS.map(name => join(folder, name))
  // The program is where npm puts it, not where a checkout has it.
  for (const name of UNITS) {
    writeFileSync(join(folder, name), readUnit(name).replace('/usr/local/bin/seccomp-notifyd', CLI))
  }
  const { code, stdout, stderr } = await start(analyze ?? '', ['verify', '--man=no', ...files]).finished
  t.is(stdout + stderr, '')
  t.is(code, 0)
})

verify('systemd-analyze security finds no more open than the daemon needs', async t => {
  const unit = join(projectRoot, 'deploy/systemd/seccomp-notifyd.service')
  // In tenths of its points: 46, of which its capabilities, the network and root are most.
  const { code, stdout } = await start(analyze ?? '', ['security', '--offline=true', '--threshold=50', unit]).finished
  t.is(code, 0, stdout)
  t.regex(stdout, /exposure level/)
})

test('folders and sockets are those of the program, and the command is its own', t => {
  const { listenerSocket, apiSocket, stateDir } = defaultPaths({ uid: 0, env: {} })
  t.is(valueOf(socket, 'ListenStream'), listenerSocket)
  t.is(`/run/${valueOf(service, 'RuntimeDirectory')}/api.sock`, apiSocket)
  t.is(`/var/lib/${valueOf(service, 'StateDirectory')}`, stateDir)
  t.is(valueOf(socket, 'SocketMode'), '0600')
  t.is(valueOf(service, 'ExecStart'), '/usr/local/bin/seccomp-notifyd serve')
})

const { check, setting } = checksUnder('runc')

check("the unit's capabilities are enough to watch and to stop a container", async t => {
  const capabilities = (valueOf(service, 'CapabilityBoundingSet') ?? '').split(' ')
  const bounds = ['-all', ...capabilities.map(name => name.replace(/^CAP_/, '+').toLowerCase())].join(',')
  const wrap = ['setpriv', `--bounding-set=${bounds}`, '--inh-caps=-all', '--no-new-privs']
  const config = { policy: { action: 'stop', debounce: '500ms' } }
  const { runtimes, daemon, profile } = await setting(t, { config, wrap })
  const granted = /^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1] ?? ''
  t.is(BigInt(`0x${granted}`).toString(2).replaceAll('0', '').length, capabilities.length)
  const args = ['sh', '-c', 'setsid sleep 1000 & chroot / true; exec sleep 1000']
  const container = runtimes.run('unit', runtimes.bundle({ args, profile: profile(['chroot']) }))
  t.is((await container.finished).code, 137)
  await until(async () => (await daemon.container('unit'))?.reason === 'seccomp killed', 10_000)
  t.is((await daemon.container('unit'))?.message, 'Used forbidden syscalls: chroot (1x)')
})
