/** `runtime`: files of a folder stand in for those of a host. */

import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { start } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { CLI } from '../helpers/daemon-process.ts'
import { sample } from '../helpers/engine-config.ts'
import { SHIM } from '../helpers/shim.ts'
import { trustedFolder } from '../helpers/trusted-folder.ts'

interface Host {
  folder: string
  /** Where the executable goes. */
  dir: string
  file(name: 'docker' | 'containerd' | 'podman' | 'crio'): string
  /** All files of configurations with their texts. */
  texts(): Record<string, string>
  call(args: string[]): ReturnType<typeof cli>
  install(...args: string[]): ReturnType<typeof cli>
  uninstall(...args: string[]): ReturnType<typeof cli>
}

const NAMES = { docker: 'daemon.json', containerd: 'config.toml', podman: 'containers.conf', crio: '20-ours.conf' }

/** A host with these configurations. */
function hostWith(t: ExecutionContext, texts: Partial<Record<keyof typeof NAMES, string>>): Host {
  const folder = trustedFolder(t)
  const etc = join(folder, 'etc')
  const dir = join(folder, 'libexec/ours')
  mkdirSync(etc)
  const file = (name: keyof typeof NAMES) => join(etc, NAMES[name])
  for (const [name, text] of Object.entries(texts)) writeFileSync(file(name as keyof typeof NAMES), text)
  const storage = join(folder, 'storage.conf')
  const places = { driver: 'vfs', graphroot: join(folder, 'graph'), runroot: join(folder, 'run') }
  const lines = Object.entries(places).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
  writeFileSync(storage, `[storage]\n${lines.join('')}`)
  const env = { ...process.env, CONTAINERS_STORAGE_CONF: storage, DOCKER_HOST: '' }
  // Podman makes its storage first.
  const call = (args: string[]) => cli(['runtime', ...args], { env, deadlineMs: 150_000 })
  const files = Object.keys(NAMES).flatMap(name => ['--config-file', `${name}=${file(name as keyof typeof NAMES)}`])
  return {
    folder,
    dir,
    file,
    texts: () => Object.fromEntries(readdirSync(etc).map(name => [name, readFileSync(join(etc, name), 'utf8')])),
    call,
    install: (...args) => call(['install', '--dir', dir, ...files, ...args]),
    uninstall: (...args) => call(['uninstall', '--dir', dir, ...args]),
  }
}

const SAMPLES = {
  docker: sample('daemon.json'),
  containerd: sample('containerd-kubeadm.toml'),
  podman: sample('containers.conf'),
}

test.serial(
  'what was installed and taken out again leaves every file as it was, and the host without ours',
  async t => {
    const host = hostWith(t, { podman: SAMPLES.podman })
    const before = host.texts()
    const { code, stdout, stderr } = await host.install('--engine', 'podman', 'crio', '--yes')
    t.is(code, 0, stderr)
    t.regex(stdout, /^podman +registered +\/.*; then: nothing to reload/m)
    t.deepEqual(Object.keys(host.texts()).toSorted(), ['20-ours.conf', 'containers.conf'])
    const installed = ['runc', 'crun'].map(name => join(host.dir, name))
    for (const file of installed) {
      t.deepEqual(readFileSync(file), readFileSync(SHIM))
      t.is(statSync(file).mode & 0o7777, 0o755)
    }
    t.is(statSync(installed[0]!).ino, statSync(installed[1]!).ino)
    const out = await host.uninstall('--yes')
    t.is(out.code, 0, out.stderr)
    t.deepEqual(host.texts(), before)
    t.false(existsSync(join(host.folder, 'libexec')), 'folders that were made for it are gone too')
  },
)

test.serial('each engine is registered in its own file, and what is there already is left alone', async t => {
  const host = hostWith(t, SAMPLES)
  t.is((await host.install('--yes', '--default')).code, 0)
  const texts = host.texts()
  t.is((JSON.parse(texts['daemon.json']!) as { 'default-runtime': string })['default-runtime'], 'notifyd')
  t.true(texts['config.toml']!.includes('default_runtime_name = "notifyd"'))
  t.true(texts['containers.conf']!.includes('\nruntime = "notifyd"\n'))
  t.true(texts['20-ours.conf']!.includes(`runtime_path = "${host.dir}/`))
  const inode = statSync(join(host.dir, 'runc')).ino
  const again = await host.install('--default')
  t.is(again.code, 0, again.stderr)
  t.regex(again.stdout, /^executable +is there already/m)
  t.is(again.stdout.match(/registered already/g)?.length, 4)
  t.is(statSync(join(host.dir, 'runc')).ino, inode)
  t.is((await host.uninstall('--yes', '--keep-executable')).code, 0)
  t.deepEqual(host.texts(), {
    'daemon.json': SAMPLES.docker,
    'config.toml': SAMPLES.containerd,
    'containers.conf': SAMPLES.podman,
  })
  t.true(existsSync(join(host.dir, 'crun')), 'it was to stay')
})

test.serial('what somebody has changed since stays', async t => {
  const host = hostWith(t, SAMPLES)
  t.is((await host.install('--yes')).code, 0)
  const edit = (name: 'docker' | 'podman', from: string, to: string) =>
    writeFileSync(host.file(name), readFileSync(host.file(name), 'utf8').replace(from, to))
  edit('docker', '"journald"', '"local"')
  edit('podman', '"10.88.0.0/16"', '"10.99.0.0/16" # moved')
  t.is((await host.uninstall('--yes', '--keep-executable')).code, 0)
  t.is(readFileSync(host.file('docker'), 'utf8'), SAMPLES.docker.replace('"journald"', '"local"'))
  t.is(readFileSync(host.file('podman'), 'utf8'), SAMPLES.podman.replace('"10.88.0.0/16"', '"10.99.0.0/16" # moved'))
})

test.serial('installed once more after somebody has changed a file, it can still be taken out', async t => {
  const host = hostWith(t, { docker: '{\n  "debug": true\n}\n' })
  t.is((await host.install('--engine', 'docker', '--yes')).code, 0)
  const edited = readFileSync(host.file('docker'), 'utf8').replace('true', 'false')
  writeFileSync(host.file('docker'), edited)
  t.is((await host.install('--engine', 'docker', '--default', '--yes')).code, 0)
  t.true(host.texts()['daemon.json']!.includes('default-runtime'))
  t.is((await host.uninstall('--yes', '--keep-executable')).code, 0)
  t.is(host.texts()['daemon.json'], '{\n  "debug": false\n}\n')
})

test.serial('one engine after the other: the executable goes with the last one', async t => {
  const host = hostWith(t, { podman: SAMPLES.podman })
  t.is((await host.install('--engine', 'podman', 'crio', '--yes')).code, 0)
  const first = await host.uninstall('--engine', 'crio', '--yes')
  t.regex(first.stdout, /^executable +stays/m)
  t.false(existsSync(host.file('crio')))
  t.true(existsSync(join(host.dir, 'runc')))
  const second = await host.uninstall('--engine', 'podman', '--yes')
  t.is(second.code, 0, second.stderr)
  t.false(existsSync(host.dir))
  t.is(host.texts()['containers.conf'], SAMPLES.podman)
})

test.serial('a dry run shows the difference and changes nothing', async t => {
  const host = hostWith(t, SAMPLES)
  const { code, stdout } = await host.install('--dry-run')
  t.is(code, 0)
  t.true(stdout.includes(`--- ${realpathSync(host.file('docker'))}\n`))
  t.true(stdout.includes(`\n+            "path": "${host.dir}/runc"\n`))
  t.regex(stdout, /^executable +to be installed/m)
  t.false(existsSync(host.dir))
  t.deepEqual(Object.values(host.texts()).toSorted(), Object.values(SAMPLES).toSorted())
})

test.serial('without a terminal nothing is changed that was not agreed to', async t => {
  const host = hostWith(t, SAMPLES)
  const { code, stderr } = await host.install()
  t.is(code, 2)
  t.true(stderr.includes('no terminal to ask on; add --yes'))
  t.false(existsSync(host.dir))
})

test.serial('on a terminal it asks, and takes no for an answer', async t => {
  const host = hostWith(t, { docker: '{}\n' })
  const words = [process.execPath, CLI, 'runtime', 'install', '--engine', 'docker', '--dir', host.dir]
  const typed = [...words, '--config-file', `docker=${host.file('docker')}`].join(' ')
  const answer = async (key: string) => {
    const running = start('script', ['-qec', typed, '/dev/null'], { input: 'pipe' })
    await running.printed('[y/N]')
    running.process.stdin!.write(`${key}\r`)
    return running.finished
  }
  const no = await answer('n')
  t.is(no.code, 1)
  t.true(no.stdout.includes('nothing was changed'))
  t.false(existsSync(host.dir))
  t.is((await answer('y')).code, 0)
  t.true(existsSync(join(host.dir, 'runc')))
})

test.serial('mode and owner of a file stay, and a link stays one', async t => {
  const host = hostWith(t, {})
  const real = join(host.folder, 'real.json')
  writeFileSync(real, '{"debug": true}')
  chmodSync(real, 0o640)
  symlinkSync(real, host.file('docker'))
  t.is((await host.install('--engine', 'docker', '--yes')).code, 0)
  t.true(lstatSync(host.file('docker')).isSymbolicLink())
  t.is(statSync(real).mode & 0o7777, 0o640)
  t.true(readFileSync(real, 'utf8').includes('notifyd'))
  t.is((await host.uninstall('--yes', '--keep-executable')).code, 0)
  t.is(readFileSync(real, 'utf8'), '{"debug": true}')
  t.is(statSync(real).mode & 0o7777, 0o640)
})

test.serial('what it keeps of configurations is for its owner alone', async t => {
  const host = hostWith(t, { docker: '{"secret": "s3"}' })
  t.is((await host.install('--engine', 'docker', '--yes')).code, 0)
  t.is(statSync(join(host.dir, 'install.json')).mode & 0o7777, 0o600)
})

test.serial('a file that cannot be read is told with its place, and nothing is installed', async t => {
  const host = hostWith(t, { ...SAMPLES, podman: '[engine]\nruntime = \n' })
  const { code, stderr } = await host.install('--yes')
  t.is(code, 1)
  t.regex(stderr, /cannot register it with podman in .*containers\.conf: it is no TOML: line \d+, column \d+: /)
  t.false(existsSync(host.dir))
  t.is(host.texts()['daemon.json'], SAMPLES.docker)
})

test.serial('a path that leads through a file is no configuration', async t => {
  const host = hostWith(t, { docker: '{}' })
  const { code, stderr } = await host.install('--config-file', `crio=${host.file('docker')}/x.conf`, '--yes')
  t.is(code, 1)
  t.regex(stderr, /cannot register it with crio in .*: could not read .*daemon\.json\/x\.conf: ENOTDIR/)
})

test.serial('a folder that others can write to is refused', async t => {
  const host = hostWith(t, {})
  const open = join(host.folder, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  const { code, stderr } = await host.call(['install', '--engine', 'kubernetes', '--dir', join(open, 'x'), '--yes'])
  t.is(code, 1)
  t.regex(stderr, /open can be written by others \(mode 777\), so that somebody could replace what engines execute/)
  t.false(existsSync(join(open, 'x')))
})

test.serial('an installation under another name is refused: containers may refer to it', async t => {
  const host = hostWith(t, { docker: '{}' })
  t.is((await host.install('--engine', 'docker', '--yes')).code, 0)
  const { code, stderr } = await host.install('--engine', 'docker', '--name', 'other', '--yes')
  t.is(code, 1)
  t.true(stderr.includes('under the name notifyd, which containers may refer to'))
})

test.serial('where nothing is installed there is nothing to take out', async t => {
  const host = hostWith(t, {})
  const { code, stderr } = await host.uninstall('--yes')
  t.is(code, 1)
  t.true(stderr.includes(`nothing is installed in ${host.dir}: there is no ${host.dir}/install.json`), stderr)
})

test.serial('an engine that is not there is left alone, and an error where it is named', async t => {
  const host = hostWith(t, {})
  const missing = ['install', '--dir', host.dir, '--dry-run']
  // CRI-O comes with Kubernetes alone.
  const all = await host.call(missing)
  t.is(all.code, 0, all.stderr)
  t.regex(all.stdout, /^crio +left alone +crio is not installed/m)
  const named = await host.call([...missing, '--engine', 'crio'])
  t.is(named.code, 1)
  t.regex(named.stderr, /cannot register it with crio in .*: crio is not installed/)
})

test.serial(
  'containers of a Docker that does not run keep the executable, and so does one that is not found',
  async t => {
    const host = hostWith(t, {})
    const data = join(host.folder, 'data')
    writeFileSync(
      host.file('docker'),
      JSON.stringify({ 'data-root': data, hosts: ['unix:///nonexistent/docker.sock'] }),
    )
    t.is((await host.install('--engine', 'docker', '--yes')).code, 0)
    const unknown = await host.uninstall('--yes')
    t.is(unknown.code, 1)
    t.regex(
      unknown.stderr,
      /could not tell which containers of docker refer to it; start docker, or leave .*--keep-exec/,
    )
    for (const [id, Runtime] of Object.entries({ abc: 'notifyd', def: 'runc' })) {
      mkdirSync(join(data, 'containers', id), { recursive: true })
      writeFileSync(join(data, 'containers', id, 'hostconfig.json'), JSON.stringify({ Runtime }))
      writeFileSync(join(data, 'containers', id, 'config.v2.json'), JSON.stringify({ Name: `/name-of-${id}` }))
    }
    const { code, stderr, stdout } = await host.uninstall('--yes', '--json')
    t.is(code, 1)
    t.true(stderr.includes(`docker: the container abc (name-of-abc), stopped, refers to ${host.dir}\n`))
    t.false(stderr.includes('name-of-def'))
    const { applied, containers } = JSON.parse(stdout) as { applied: boolean; containers: { id: string }[] }
    t.deepEqual([applied, containers.map(({ id }) => id)], [false, ['abc']])
    t.true(existsSync(join(host.dir, 'runc')))
    t.true(readFileSync(host.file('docker'), 'utf8').includes('notifyd'))
  },
)

test.serial('a Docker that would not start any more is not changed', async t => {
  const host = hostWith(t, { docker: '{}' })
  const stand = join(host.folder, 'dockerd')
  writeFileSync(stand, '#!/bin/sh\necho ready\nread -r line\n', { mode: 0o755 })
  const running = start(stand, ['--default-runtime=other'], { input: 'pipe' })
  t.teardown(() => running.process.kill('SIGKILL'))
  await running.printed('ready')
  const refused = await host.install('--engine', 'docker', '--default', '--yes')
  t.is(refused.code, 1)
  t.regex(refused.stderr, /dockerd runs with --default-runtime, and does not start with default-runtime in its file/)
  t.is((await host.install('--engine', 'docker', '--yes')).code, 0)
})

test.serial('what somebody changes while it asks is not overwritten', async t => {
  const host = hostWith(t, { docker: '{}\n' })
  const words = [process.execPath, CLI, 'runtime', 'install', '--engine', 'docker', '--dir', host.dir]
  const typed = [...words, '--config-file', `docker=${host.file('docker')}`].join(' ')
  const running = start('script', ['-qec', typed, '/dev/null'], { input: 'pipe' })
  await running.printed('[y/N]')
  writeFileSync(host.file('docker'), '{"debug": true}\n')
  running.process.stdin!.write('y\r')
  const { code, stdout } = await running.finished
  t.is(code, 1)
  t.true(stdout.includes('daemon.json was changed meanwhile, and nothing was written; start again'))
  t.is(host.texts()['daemon.json'], '{"debug": true}\n')
  t.false(existsSync(host.dir))
})

test.serial('an executable of another version is replaced at its path', async t => {
  const host = hostWith(t, { docker: '{}' })
  t.is((await host.install('--engine', 'docker', '--yes')).code, 0)
  appendFileSync(join(host.dir, 'runc'), 'of another version')
  const { code, stdout } = await host.install('--engine', 'docker', '--yes')
  t.is(code, 0)
  t.regex(stdout, /^executable +installed/m)
  for (const name of ['runc', 'crun']) t.deepEqual(readFileSync(join(host.dir, name)), readFileSync(SHIM))
  t.deepEqual(readdirSync(host.dir).toSorted(), ['crun', 'install.json', 'runc'])
})

test.serial('what ended in the middle can be taken out', async t => {
  const host = hostWith(t, { docker: '{}' })
  const files = ['--config-file', 'crio=/proc/none/of/us.conf']
  const { code, stderr } = await host.install('--engine', 'docker', 'crio', ...files, '--yes')
  t.is(code, 1)
  t.regex(stderr, /could not make the folder \/proc\/none; without root, name/)
  t.is((await host.uninstall('--yes', '--keep-executable')).code, 0)
  t.deepEqual(host.texts(), { 'daemon.json': '{}' })
})

test.serial('JSON says the same', async t => {
  const host = hostWith(t, { docker: '{}' })
  const { stdout } = await host.install('--engine', 'docker', '--yes', '--json')
  const told = JSON.parse(stdout) as Record<string, unknown> & { engines: Record<string, unknown>[] }
  t.true(told['applied'])
  t.deepEqual(
    told.engines.map(({ engine, status, file }) => ({ engine, status, file })),
    [{ engine: 'docker', status: 'change', file: host.file('docker') }],
  )
  t.true(String(told.engines[0]!['diff']).startsWith('--- '))
})

test.serial('what is to be added is printed by itself', async t => {
  const host = hostWith(t, SAMPLES)
  const print = async (...args: string[]) => (await host.call(['config', '--dir', '/opt/n', ...args])).stdout
  t.is(
    await print('--engine', 'docker', '--default', '--config-file', `docker=${host.file('docker')}`),
    '{\n  "default-runtime": "notifyd",\n  "runtimes": {\n    "notifyd": {\n      "path": "/opt/n/runc"\n    }\n  }\n}\n',
  )
  const containerd = await print('--engine', 'containerd', '--config-file', `containerd=${host.file('containerd')}`)
  t.true(containerd.startsWith('[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.notifyd]\n'))
  t.true(containerd.includes('\nSystemdCgroup = true\nBinaryName = "/opt/n/runc"\n'))
  t.is(
    await print('--engine', 'kubernetes', '--name', 'watched'),
    'apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata:\n  name: watched\nhandler: watched\n',
  )
})

test.serial('bad input gets one sentence that says what is accepted', async t => {
  const host = hostWith(t, {})
  const refused = async (args: string[], message: RegExp) => {
    const { code, stderr } = await host.call(args)
    t.is(code, 2, stderr)
    t.is(stderr.trim().split('\n').length, 1)
    t.regex(stderr, message)
  }
  await refused(['install', '--engine', 'lxc'], /docker, containerd, podman, crio, kubernetes, all/)
  await refused(['install', '--name', 'runc'], /accepted: at most 63 lower-case letters, .* other than runc and crun/)
  await refused(['install', '--name', 'A_b'], /accepted: at most 63 lower-case letters/)
  await refused(['install', '--dir', 'relative'], /accepted: an absolute path/)
  await refused(['install', '--config-file', 'docker'], /accepted: docker, containerd, podman or crio, then =/)
})
