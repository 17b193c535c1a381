/** PURE: the file from which the kubelet reads why a container ended, among the container's mounts. */

import type { Bundle, BundleMount } from './bundle.ts'

/** Keys of containerd, and of the kubelet, which CRI-O passes on. */
const UID = ['io.kubernetes.cri.sandbox-uid', 'io.kubernetes.pod.uid']
const NAME = ['io.kubernetes.cri.container-name', 'io.kubernetes.container.name']
const PATH = 'io.kubernetes.container.terminationMessagePath'
const DEFAULT_PATH = '/dev/termination-log'
/** Of a path's last component: the kubelet names the files of a container's starts so. */
const FILE = /^[0-9a-f]{8}$/

/**
 * Its path on the host: `…/pods/UID/containers/NAME/` of this very container, and eight hexadecimal digits. Any other source is
 * a choice of whoever wrote the pod or started the container, and none of ours to write to.
 */
export function findTerminationFile({ annotations, mounts }: Bundle): string | undefined {
  const read = (keys: readonly string[]) => keys.map(key => annotations[key]).find(isName)
  const [uid, name] = [read(UID), read(NAME)]
  if (uid === undefined || name === undefined) return undefined
  const folder = `/pods/${uid}/containers/${name}/`
  const made = mounts.filter(mount => isWritable(mount) && isIn(folder, mount.source))
  const path = annotations[PATH] ?? DEFAULT_PATH
  return (made.length === 1 ? made[0] : made.find(({ destination }) => destination === path))?.source
}

function isName(text: string | undefined): boolean {
  return text !== undefined && text !== '' && !text.includes('/')
}

/** What the container may not write, we do not write for it. */
function isWritable({ options }: BundleMount): boolean {
  return !options.includes('ro')
}

function isIn(folder: string, source: string): boolean {
  const at = source.lastIndexOf('/') + 1
  return source.startsWith('/') && source.slice(0, at).endsWith(folder) && FILE.test(source.slice(at))
}
