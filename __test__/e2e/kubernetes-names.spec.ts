/**
 * MOCKS: no kubelet and no CRI-O can run here. Plain bundles have the annotations that containerd and CRI-O write for the kubelet's
 * containers; all else is real.
 */

import { until } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const CALLS = 'seccomp_notifyd_container_calls_total'
const CRIO_CALLS = 'container_runtime_crio_containers_seccomp_notifier_count_total'
const UID = '0f3b2f4e-7c1d-4e0a-9a55-3f1f0b6f6a10'
const CONTAINERD = {
  'io.kubernetes.cri.container-type': 'container',
  'io.kubernetes.cri.container-name': 'web',
  'io.kubernetes.cri.sandbox-name': 'shop-0',
  'io.kubernetes.cri.sandbox-namespace': 'prod',
  'io.kubernetes.cri.sandbox-uid': UID,
  'io.kubernetes.cri.image-name': 'docker.io/library/nginx:1.27',
  'io.kubernetes.container.restartCount': '3',
}
const CRIO = {
  'io.container.manager': 'cri-o',
  'io.kubernetes.cri-o.ContainerType': 'container',
  // A name of Kubernetes has no `_`; nothing may rely on that.
  'io.kubernetes.cri-o.Name': `k8s_a_b_shop_0_prod_${UID}_1`,
  'io.kubernetes.cri-o.ImageName': 'quay.io/shop/web:3',
  'io.kubernetes.container.name': 'a_b',
  'io.kubernetes.pod.name': 'shop_0',
  'io.kubernetes.pod.namespace': 'prod',
  'io.kubernetes.pod.uid': UID,
  'io.kubernetes.container.restartCount': '1',
}

for (const runtime of ['runc', 'crun'] as const) {
  const { check, setting } = checksUnder(runtime)

  check('mock of containerd and CRI-O under Kubernetes: name, pod, namespace and image', async t => {
    const { runtimes, daemon, profile } = await setting(t, { config: { metrics: { crioForm: 'syscall' } } })
    const run = (id: string, annotations: Record<string, string>) =>
      runtimes.run(id, runtimes.bundle({ args: ['chroot', '/'], annotations, profile: profile(['chroot']) })).finished
    await Promise.all([run('c0ffee', CONTAINERD), run('f00d', CRIO)])
    const ended = async () => (await daemon.containers()).filter(({ state }) => state === 'exited').length
    await until(async () => (await ended()) === 2, 10_000)

    const pod = { namespace: 'prod', podUid: UID, warnings: [] }
    t.like(await daemon.container('c0ffee'), {
      ...pod,
      name: `k8s_web_shop-0_prod_${UID}_3`,
      engine: 'containerd',
      image: 'docker.io/library/nginx:1.27',
      pod: 'shop-0',
      podContainer: 'web',
      attempt: 3,
    })
    const name = CRIO['io.kubernetes.cri-o.Name']
    const parts = { pod: 'shop_0', podContainer: 'a_b', attempt: 1 }
    t.like(await daemon.container('f00d'), { ...pod, name, engine: 'cri-o', image: 'quay.io/shop/web:3', ...parts })

    const labels = { namespace: 'prod', pod: 'shop_0', pod_container: 'a_b', container: name, syscall: 'chroot' }
    await until(async () => (await daemon.metric(CALLS, labels)) === 1, 5000)
    t.is(await daemon.metric(CRIO_CALLS, { name, syscall: 'chroot' }), 1)

    const ps = await cli(['ps', '--pod', 'shop-0', '--api-socket', daemon.apiSocket])
    const [header, row, ...more] = ps.stdout
      .trim()
      .split('\n')
      .map(line => line.split(/ +/).slice(1, 6))
    t.deepEqual(header, ['NAME', 'NAMESPACE', 'POD', 'IMAGE', 'ENGINE'])
    t.deepEqual(row, ['web', 'prod', 'shop-0', 'docker.io/library/nginx:1.27', 'containerd'])
    t.deepEqual(more, [])
    const log = () => daemon.logs().find(({ msg, container }) => msg === 'container ended' && isOf(container, 'f00d'))
    await until(() => log() !== undefined, 5000)
    t.like(log()?.['container'], {
      name,
      pod: 'shop_0',
      namespace: 'prod',
      image: 'quay.io/shop/web:3',
      engine: 'cri-o',
    })
  })
}

function isOf(container: unknown, id: string): boolean {
  return (container as { id?: string } | undefined)?.id === id
}
