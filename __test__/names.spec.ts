import test from 'ava'
import { nameOf, workloadOf } from '../ts/names.ts'

const containerd = {
  'io.kubernetes.cri.container-type': 'container',
  'io.kubernetes.cri.container-name': 'web',
  'io.kubernetes.cri.sandbox-name': 'shop-0',
  'io.kubernetes.cri.sandbox-namespace': 'prod',
  'io.kubernetes.cri.sandbox-uid': 'u-1',
}

test('containerd: the kubelet form is put together, with the attempt where it is told', t => {
  t.is(nameOf({ id: 'x', annotations: containerd }), 'k8s_web_shop-0_prod_u-1')
  const annotations = { ...containerd, 'io.kubernetes.container.restartCount': '3' }
  t.is(nameOf({ id: 'x', annotations }), 'k8s_web_shop-0_prod_u-1_3')
})

test('CRI-O tells the name itself; Podman uses the same key for something else', t => {
  const annotations = { 'io.container.manager': 'cri-o', 'io.kubernetes.cri-o.Name': 'k8s_a_b_c_d_0' }
  t.is(nameOf({ id: 'x', annotations }), 'k8s_a_b_c_d_0')
  t.is(nameOf({ id: 'x', annotations: { ...annotations, 'io.container.manager': 'libpod' } }), 'x')
})

test('nerdctl tells a name, others only the id', t => {
  t.is(nameOf({ id: 'x', annotations: { 'nerdctl/name': 'db' } }), 'db')
  t.is(nameOf({ id: 'x', annotations: {} }), 'x')
})

test('a hostile name is cut', t => {
  t.is(nameOf({ id: 'x'.repeat(10_000), annotations: {} }).length, 256)
})

test('a workload stays the same over restarts', t => {
  t.is(workloadOf({ id: 'x', annotations: containerd }), 'prod/shop-0/web')
  t.is(workloadOf({ id: 'web-7f9c1d22', annotations: {} }), 'web')
  t.is(workloadOf({ id: 'job_3', annotations: {} }), 'job')
  t.is(workloadOf({ id: 'plain', annotations: {} }), 'plain')
})
