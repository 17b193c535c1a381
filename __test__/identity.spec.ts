import test from 'ava'
import { engineOf } from '../ts/engine.ts'
import { identityOf, UNKNOWN_ORIGIN, type Found, type Handed } from '../ts/identity.ts'

const ID = 'c0ffee'.padEnd(64, '0')
const TASKS = '/run/containerd/io.containerd.runtime.v2.task'
const handed = (more: Partial<Handed> = {}): Handed => ({ id: 'x', bundle: '/b', annotations: {}, ...more })
const nameOf = (annotations: Record<string, string>, found?: Found) => identityOf(handed({ annotations }), found).name
const originOf = (more: Partial<Handed>, found?: Found) => identityOf(handed(more), found).origin

const containerd = {
  'io.kubernetes.cri.container-type': 'container',
  'io.kubernetes.cri.container-name': 'web',
  'io.kubernetes.cri.sandbox-name': 'shop-0',
  'io.kubernetes.cri.sandbox-namespace': 'prod',
  'io.kubernetes.cri.sandbox-uid': 'u-1',
  'io.kubernetes.cri.image-name': 'docker.io/library/nginx:1.27',
}
const crio = {
  'io.container.manager': 'cri-o',
  'io.kubernetes.cri-o.Name': 'k8s_web_shop-0_prod_u-1_2',
  'io.kubernetes.cri-o.ImageName': 'quay.io/shop/web:3',
  'io.kubernetes.container.name': 'web',
  'io.kubernetes.pod.name': 'shop-0',
  'io.kubernetes.pod.namespace': 'prod',
  'io.kubernetes.pod.uid': 'u-1',
  'io.kubernetes.container.restartCount': '2',
}
const pod = { namespace: 'prod', pod: 'shop-0', podUid: 'u-1', podContainer: 'web' }

test('containerd under Kubernetes: the name is put together, its parts are kept', t => {
  const bundle = `${TASKS}/k8s.io/${ID}`
  const { name, workload, origin } = identityOf({ id: ID, bundle, annotations: containerd })
  t.is(name, 'k8s_web_shop-0_prod_u-1')
  t.is(workload, 'prod/shop-0/web')
  t.deepEqual(origin, { engine: 'containerd', image: 'docker.io/library/nginx:1.27', ...pod, attempt: null })
})

test('the attempt comes from the annotation, else from what was found', t => {
  const annotations = { ...containerd, 'io.kubernetes.container.restartCount': '3' }
  t.is(nameOf(annotations, { attempt: 7 }), 'k8s_web_shop-0_prod_u-1_3')
  t.is(nameOf(containerd, { attempt: 7 }), 'k8s_web_shop-0_prod_u-1_7')
  t.is(originOf({ annotations: containerd }, { attempt: 0 }).attempt, 0)
  for (const hostile of ['-1', '1e9', '99999999999', 'x', ''])
    t.is(nameOf({ ...containerd, 'io.kubernetes.container.restartCount': hostile }), 'k8s_web_shop-0_prod_u-1')
})

test('CRI-O tells the name itself', t => {
  const { name, origin } = identityOf(handed({ annotations: crio }))
  t.is(name, 'k8s_web_shop-0_prod_u-1_2')
  t.deepEqual(origin, { engine: 'cri-o', image: 'quay.io/shop/web:3', ...pod, attempt: 2 })
})

test('an image without a name is shown as it was asked for', t => {
  const annotations = { ...crio, 'io.kubernetes.cri-o.ImageName': '', 'io.kubernetes.cri-o.Image': 'f00d' }
  t.is(originOf({ annotations }).image, 'f00d')
})

test('the sandbox of a pod is its POD', t => {
  const { 'io.kubernetes.cri.container-name': _, ...sandbox } = containerd
  t.is(nameOf({ ...sandbox, 'io.kubernetes.cri.container-type': 'sandbox' }), 'k8s_POD_shop-0_prod_u-1')
})

test('parts with a `_` are kept as they are told, whatever they look like in the name', t => {
  const annotations = {
    ...containerd,
    'io.kubernetes.cri.container-name': 'a_b',
    'io.kubernetes.cri.sandbox-name': 'c_d',
  }
  const { name, origin } = identityOf(handed({ annotations }))
  t.is(name, 'k8s_a_b_c_d_prod_u-1')
  t.like(origin, { podContainer: 'a_b', pod: 'c_d' })
})

test("Podman's keys are CRI-O's, and mean something else", t => {
  const annotations = {
    'io.container.manager': 'libpod',
    'io.kubernetes.cri-o.Name': 'k8s_a_b_c_d_0',
    'io.kubernetes.cri-o.SandboxID': 'f00d',
  }
  const { name, origin } = identityOf(handed({ annotations }), { name: 'db', image: 'localhost/db:1' })
  t.is(name, 'db')
  t.deepEqual(origin, { ...UNKNOWN_ORIGIN, engine: 'podman', image: 'localhost/db:1', pod: 'f00d' })
  t.is(nameOf(annotations), 'x')
})

test('Docker tells nothing; its files tell name and image', t => {
  const bundle = `/var/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/${ID}`
  t.deepEqual(identityOf(handed({ id: ID, bundle })), {
    name: ID,
    workload: ID,
    origin: { ...UNKNOWN_ORIGIN, engine: 'docker' },
  })
  const found = identityOf(handed({ id: ID, bundle }), {
    engine: 'docker',
    name: 'shop-web-1',
    image: 'nginx',
    labels: {},
  })
  t.deepEqual(found, {
    name: 'shop-web-1',
    workload: 'shop-web-1',
    origin: { ...UNKNOWN_ORIGIN, engine: 'docker', image: 'nginx' },
  })
})

test("Docker under Kubernetes: its labels have the kubelet's parts", t => {
  const labels = Object.fromEntries(Object.entries(crio).filter(([key]) => !key.includes('cri-o')))
  const name = 'k8s_web_shop-0_prod_u-1_2'
  const found = identityOf(handed(), { engine: 'docker', name, labels })
  t.is(found.name, name)
  t.is(found.workload, 'prod/shop-0/web')
  t.deepEqual(found.origin, { engine: 'docker', image: null, ...pod, attempt: 2 })
})

test('nerdctl tells name and namespace', t => {
  const annotations = { 'nerdctl/name': 'db', 'nerdctl/namespace': 'work' }
  const { name, origin } = identityOf(handed({ annotations }))
  t.is(name, 'db')
  t.deepEqual(origin, { ...UNKNOWN_ORIGIN, engine: 'nerdctl', namespace: 'work' })
})

test('ctr has an id in a namespace, a runtime alone an id', t => {
  t.deepEqual(originOf({ id: 'web', bundle: `${TASKS}/blue/web` }), {
    ...UNKNOWN_ORIGIN,
    engine: 'containerd',
    namespace: 'blue',
  })
  t.is(identityOf(handed({ id: 'web', bundle: `${TASKS}/blue/web` })).name, 'web')
  t.deepEqual(identityOf(handed()), { name: 'x', workload: 'x', origin: UNKNOWN_ORIGIN })
})

test('an engine is known by its bundle only where the bundle is that container', t => {
  const engine = (bundle: string) => engineOf(handed({ id: 'web', bundle }))
  t.is(engine('/run/docker/io.containerd.runtime.v1.linux/moby/web'), 'docker')
  t.is(engine(`${TASKS}/moby/other`), undefined)
  t.is(engine('/home/moby/web'), undefined)
})

test('hostile text is cut, and an empty name is none', t => {
  const long = 'x'.repeat(10_000)
  const annotations = Object.fromEntries(Object.keys(containerd).map(key => [key, long]))
  const { name, workload, origin } = identityOf({ id: long, bundle: long, annotations })
  for (const text of [name, workload, origin.image, origin.namespace, origin.pod, origin.podUid, origin.podContainer])
    t.is(text?.length, 256)
  t.is(nameOf({ 'nerdctl/name': '' }), 'x')
})

test('a workload stays the same over restarts', t => {
  const workloadOf = (id: string) => identityOf(handed({ id })).workload
  t.is(workloadOf('web-7f9c1d22'), 'web')
  t.is(workloadOf('job_3'), 'job')
  t.is(workloadOf('plain'), 'plain')
})
