import test from 'ava'
import type { BundleMount } from '../ts/bundle.ts'
import { findTerminationFile } from '../ts/termination-file.ts'

const UID = '0b9a4a5e-6d1f-4a0e-9c53-2f1f0c1d2e3f'
const SOURCE = `/var/lib/kubelet/pods/${UID}/containers/server/0123abcd`
const PATH = '/dev/termination-log'
const CONTAINERD = { 'io.kubernetes.cri.sandbox-uid': UID, 'io.kubernetes.cri.container-name': 'server' }
const KUBELET = { 'io.kubernetes.pod.uid': UID, 'io.kubernetes.container.name': 'server' }

const mountOf = (source: string, more: Partial<BundleMount> = {}): BundleMount => ({
  destination: PATH,
  source,
  type: 'bind',
  options: ['rbind', 'rprivate', 'rw'],
  ...more,
})

test('the file of this very container is found, wherever the kubelet keeps its own and whatever engine tells of it', t => {
  for (const annotations of [CONTAINERD, KUBELET]) {
    for (const source of [SOURCE, `/data/k0s/kubelet/pods/${UID}/containers/server/ffffffff`]) {
      const mounts = [mountOf('/etc/hosts', { destination: '/etc/hosts' }), mountOf(source)]
      t.is(findTerminationFile({ annotations, mounts }), source)
    }
  }
})

test('no other source is taken, whatever it is mounted on', t => {
  const sources = [
    '/etc/passwd',
    '/var/lib/kubelet/pods/another/containers/server/0123abcd',
    `/var/lib/kubelet/pods/${UID}/containers/other/0123abcd`,
    `/var/lib/kubelet/pods/${UID}/volumes/server/0123abcd`,
    `/var/lib/kubelet/pods/${UID}/containers/server/0123abc`,
    `/var/lib/kubelet/pods/${UID}/containers/server/0123ABCD`,
    `/var/lib/kubelet/pods/${UID}/containers/server/0123abcde`,
    `/var/lib/kubelet/pods/${UID}/containers/server/../0123abcd`,
    `/var/lib/kubelet/xpods/${UID}/containers/server/0123abcd`,
    `${SOURCE}/`,
    `${SOURCE}\n`,
    SOURCE.slice(1),
    '',
  ]
  for (const source of sources)
    t.is(findTerminationFile({ annotations: CONTAINERD, mounts: [mountOf(source)] }), undefined, JSON.stringify(source))
})

test('without a pod, or with names that lead elsewhere, there is none', t => {
  const mounts = [mountOf(SOURCE), mountOf('/pods/../containers/../0123abcd'), mountOf('/pods//containers//0123abcd')]
  const { 'io.kubernetes.pod.uid': uid } = KUBELET
  for (const annotations of [
    {},
    { 'io.kubernetes.pod.uid': uid },
    { 'io.kubernetes.container.name': 'server' },
    { 'io.kubernetes.pod.uid': '', 'io.kubernetes.container.name': '' },
    { 'io.kubernetes.pod.uid': `${UID}/containers/server`, 'io.kubernetes.container.name': '..' },
  ])
    t.is(findTerminationFile({ annotations, mounts }), undefined, JSON.stringify(annotations))
})

test('what the container may not write is not written for it', t => {
  const mounts = [mountOf(SOURCE, { options: ['rbind', 'ro'] })]
  t.is(findTerminationFile({ annotations: CONTAINERD, mounts }), undefined)
})

test('of several the one counts that is mounted where the pod wants its message', t => {
  const older = mountOf(SOURCE.replace(/.$/, '0'), { destination: '/older' })
  const mounts = [older, mountOf(SOURCE)]
  t.is(findTerminationFile({ annotations: CONTAINERD, mounts }), SOURCE)
  const annotations = { ...CONTAINERD, 'io.kubernetes.container.terminationMessagePath': '/older' }
  t.is(findTerminationFile({ annotations, mounts }), older.source)
  t.is(findTerminationFile({ annotations, mounts: [mountOf(SOURCE)] }), SOURCE)
})
