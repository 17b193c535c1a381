import test from 'ava'
import { newContainer, type Container } from '../ts/containers.ts'
import { createCallTable } from '../ts/calls.ts'
import { UNKNOWN_ORIGIN } from '../ts/identity.ts'
import { lastWordsOf } from '../ts/last-words.ts'

const TEXT = 'Used forbidden syscalls: chroot (1x)'
const SOURCE = '/var/lib/kubelet/pods/u/containers/server/0123abcd'
const MOUNT = { destination: '/dev/termination-log', source: SOURCE, type: 'bind', options: ['rw'] }
const ANNOTATIONS = { 'io.kubernetes.pod.uid': 'u', 'io.kubernetes.container.name': 'server' }

const neverRead = () => Promise.reject(new Error('this bundle was not to be read'))

function containerOf(podUid: string | null, message: string | null): Container {
  const policy = {} as Container['policy']
  const origin = { ...UNKNOWN_ORIGIN, podUid }
  const described = { id: 'c', name: 'c', workload: 'c', bundle: '/b', init: null, creating: true }
  const calls = createCallTable({ syscallName: String, abiName: String, errnoName: String })
  const container = newContainer('key', { ...described, origin, policy, policySource: '', warnings: [] }, calls, 0)
  return Object.assign(container, { message })
}

test('of a pod the words go to its file as well', async t => {
  const read = (bundle: string) => Promise.resolve({ annotations: ANNOTATIONS, mounts: bundle === '/b' ? [MOUNT] : [] })
  const told = await lastWordsOf(containerOf('u', TEXT), read)
  t.deepEqual(told, { words: { text: TEXT, terminationFile: SOURCE }, unwritten: [] })
})

test('a pod without such a file is told in its own output alone', async t => {
  const read = () => Promise.resolve({ annotations: ANNOTATIONS, mounts: [] })
  t.deepEqual(await lastWordsOf(containerOf('u', TEXT), read), { words: { text: TEXT }, unwritten: [] })
})

test('where the bundle cannot be read, that is why the file has nothing', async t => {
  const read = () => Promise.reject(new Error('could not read "/b": it is no regular file'))
  t.deepEqual(await lastWordsOf(containerOf('u', TEXT), read), {
    words: { text: TEXT },
    unwritten: [{ place: 'termination-file', problem: 'could not read "/b": it is no regular file' }],
  })
})

test('of what is no pod no bundle is read, and without a message nothing is said', async t => {
  t.deepEqual(await lastWordsOf(containerOf(null, TEXT), neverRead), { words: { text: TEXT }, unwritten: [] })
  t.is(await lastWordsOf(containerOf('u', null), neverRead), undefined)
})
