/** What containerd needs for pods: its interface for Kubernetes with a handler of ours, and an image. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { until } from './child.ts'
import { startContainerd } from './containerd.ts'
import { connectCri } from './cri.ts'
import { createKubelet, type Kubelet } from './kubelet.ts'
import type { Shim } from './shim.ts'

/** What a RuntimeClass names. */
const HANDLER = 'notifyd'
const IMAGE = 'notifyd.test/busybox:1'
/** Needs nothing of the file system below. */
const SNAPSHOTTER = 'native'

/** A node of Kubernetes but for Kubernetes itself: containerd with our handler, and a mock of the kubelet. */
export async function startNode(t: ExecutionContext, shim: Shim): Promise<Kubelet> {
  const containerd = await startContainerd(t, shim.env, { cri: settings(shim) })
  const cri = connectCri(containerd.socket)
  const { code, stderr } = await containerd.call(importing(containerd.folder, containerd.rootfs))
  if (code !== 0) throw new Error(`importing the image: ${stderr}`)
  await until(() => cri.hasImage(IMAGE), 20_000)
  const root = join(containerd.folder, 'kubelet')
  return createKubelet(t, cri, { root, image: IMAGE, handler: HANDLER })
}

/** As docs/runtime.md says, on a machine without a network and with a file system like any other. */
function settings({ path, folder }: Shim): string {
  const plugin = 'plugins."io.containerd.grpc.v1.cri"'
  const runtime = `${plugin}.containerd.runtimes.${HANDLER}`
  return `[${plugin}]
  sandbox_image = "${IMAGE}"
  restrict_oom_score_adj = true
[${plugin}.cni]
  bin_dir = "${folder}"
  conf_dir = "${folder}"
[${plugin}.containerd]
  snapshotter = "${SNAPSHOTTER}"
  default_runtime_name = "${HANDLER}"
[${runtime}]
  runtime_type = "io.containerd.runc.v2"
  pod_annotations = ["seccomp-notifyd.io/*"]
  container_annotations = ["io.kubernetes.container.*"]
[${runtime}.options]
  BinaryName = "${path}"
`
}

/** Makes an image of busybox under its usual names, which sleeps unless told otherwise. */
function importing(folder: string, rootfs: string): string[] {
  const files = join(folder, 'image')
  mkdirSync(files)
  const layer = join(files, 'layer.tar')
  execFileSync('tar', ['-C', rootfs, '-cf', layer, '.'])
  const digest = createHash('sha256').update(readFileSync(layer)).digest('hex')
  const config = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Env: ['PATH=/bin'], Entrypoint: ['sleep', '600'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
  }
  writeFileSync(join(files, 'config.json'), JSON.stringify(config))
  const manifest = [{ Config: 'config.json', RepoTags: [IMAGE], Layers: ['layer.tar'] }]
  writeFileSync(join(files, 'manifest.json'), JSON.stringify(manifest))
  const file = join(folder, 'image.tar')
  execFileSync('tar', ['-C', files, '-cf', file, 'manifest.json', 'config.json', 'layer.tar'])
  return ['--namespace', 'k8s.io', 'images', 'import', '--snapshotter', SNAPSHOTTER, file]
}
