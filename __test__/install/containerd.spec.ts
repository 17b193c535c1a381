import test from 'ava'
import { apply, undo } from '../../ts/install/changes.ts'
import { containerd } from '../../ts/install/engines/containerd.ts'
import { toml } from '../../ts/install/toml.ts'
import { sample, withCrlf } from '../helpers/engine-config.ts'

const HANDLER = { name: 'notifyd', folder: '/usr/libexec/seccomp-notifyd', isDefault: false }
const HOST = { runtimes: ['runc'] } as const

const install = (text: string, handler = HANDLER, host: Parameters<typeof containerd.changes>[2] = HOST) =>
  apply(toml, text, containerd.changes(toml.parse(text), handler, host))

const ADDED = '# Added by seccomp-notifyd; `seccomp-notifyd runtime uninstall` takes it out.'

test('a handler is added behind what is there, and nothing else changes', t => {
  const before = sample('containerd-debian.toml')
  t.is(
    install(before).text,
    `${before}
${ADDED}
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.notifyd]
runtime_type = "io.containerd.runc.v2"
pod_annotations = ["seccomp-notifyd.io/*", "seccomp-notifier-action.crio.io", "io.kubernetes.cri-o.seccompNotifierAction"]
container_annotations = ["io.kubernetes.container.*", "io.kubernetes.pod.*"]
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.notifyd.options]
BinaryName = "/usr/libexec/seccomp-notifyd/runc"
`,
  )
})

test('what the handler of runc has is repeated, but for its executable and what is not set', t => {
  const { text } = install(sample('containerd-kubeadm.toml'))
  t.true(
    text.endsWith(`
${ADDED}
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.notifyd]
runtime_type = "io.containerd.runc.v2"
pod_annotations = ["example.com/*", "seccomp-notifyd.io/*", "seccomp-notifier-action.crio.io", "io.kubernetes.cri-o.seccompNotifierAction"]
container_annotations = ["io.kubernetes.container.*", "io.kubernetes.pod.*"]
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.notifyd.options]
SystemdCgroup = true
BinaryName = "/usr/libexec/seccomp-notifyd/runc"
`),
    text,
  )
})

test('version 3 has its own section, and what runc has beside its options is repeated', t => {
  const { text } = install(sample('containerd-2.toml'))
  t.true(
    text.endsWith(`
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.notifyd]
runtime_type = "io.containerd.runc.v2"
pod_annotations = ["seccomp-notifyd.io/*", "seccomp-notifier-action.crio.io", "io.kubernetes.cri-o.seccompNotifierAction"]
container_annotations = ["io.kubernetes.container.*", "io.kubernetes.pod.*"]
base_runtime_spec = "/etc/containerd/cri-base.json"
privileged_without_host_devices = false
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.notifyd.options]
SystemdCgroup = true
BinaryName = "/usr/libexec/seccomp-notifyd/runc"
`),
    text,
  )
})

test('as the default it is named where that stands', t => {
  const { text } = install(sample('containerd-2.toml'), { ...HANDLER, isDefault: true })
  t.true(text.includes(`    default_runtime_name = 'notifyd'\n\n    [plugins.'io`))
  t.false(text.includes(`default_runtime_name = 'runc'`))
})

test('a file that is not there is begun in the version that the engine writes', t => {
  t.true(install('').text.startsWith(`version = 2\n\n${ADDED}\n[plugins."io.containerd.grpc.v1.cri".`))
  t.true(
    install('# nothing yet\n', HANDLER, { ...HOST, version: [2, 1, 0] }).text.startsWith(
      `# nothing yet\nversion = 3\n\n${ADDED}\n[plugins."io.containerd.cri.v1.runtime".`,
    ),
  )
})

test('a file of version 1 is refused, with what prints a newer one', t => {
  t.throws(() => install('disabled_plugins = []\n'), {
    code: 'ERR_INSTALL',
    message: /^its version is not given, which means 1, accepted: 2 and 3; `containerd config migrate`/,
  })
})

test('a section that is switched off is told', t => {
  t.is(
    containerd.unusable?.({ disabled_plugins: ['cri'] }),
    'disabled_plugins has "cri", so nothing would read the handler',
  )
  t.is(containerd.unusable?.({ disabled_plugins: ['btrfs'] }), undefined)
})

test('an inline table that leaves no room is refused, and tells which', t => {
  const text = 'version = 2\nplugins = { "io.containerd.grpc.v1.cri" = { sandbox_image = "x" } }\n'
  t.throws(() => install(text), { code: 'ERR_INSTALL', message: /notifyd cannot be changed in the way/ })
})

test('ends of lines are kept', t => {
  for (const name of ['containerd-debian.toml', 'containerd-kubeadm.toml', 'containerd-2.toml']) {
    const { text } = install(withCrlf(sample(name)), { ...HANDLER, isDefault: true })
    t.is(text, withCrlf(install(sample(name), { ...HANDLER, isDefault: true }).text))
  }
})

test('what others have added since stays when ours is taken out', t => {
  const before = sample('containerd-kubeadm.toml')
  const { text, done } = install(before, { ...HANDLER, isDefault: true })
  const edited = `${text}\n[metrics]\n  address = "127.0.0.1:1338"\n`.replace('pause:3.9', 'pause:3.10')
  t.is(
    undo(toml, edited, done),
    `${before}\n[metrics]\n  address = "127.0.0.1:1338"\n`.replace('pause:3.9', 'pause:3.10'),
  )
})

test('a default that somebody has changed since stays', t => {
  const { text, done } = install(sample('containerd-2.toml'), { ...HANDLER, isDefault: true })
  const edited = text.replace(`= 'notifyd'`, `= 'kata'`)
  t.true(undo(toml, edited, done).includes(`default_runtime_name = 'kata'`))
})
