/** PURE: a file of our own among those that CRI-O reads. */

import { registeredIn, runtimeOf, type Engine } from '../engine.ts'
import { toml } from '../toml.ts'
import { isTree } from '../tree.ts'

export const crio: Engine = {
  program: 'crio',
  file: '/etc/crio/crio.conf.d/20-seccomp-notifyd.conf',
  format: toml,
  reload: 'systemctl reload crio, or SIGHUP to crio',
  changes: (_, { name, folder, isDefault }, host) => {
    const runtime = runtimeOf(host)
    const value = { runtime_path: `${folder}/${runtime}`, runtime_root: `/run/${runtime}` }
    return [
      ...(isDefault ? [{ kind: 'replace', path: ['crio', 'runtime', 'default_runtime'], value: name } as const] : []),
      { kind: 'own', path: ['crio', 'runtime', 'runtimes', name], value },
    ]
  },
  registered: tree =>
    registeredIn(tree, ['crio', 'runtime', 'runtimes'], runtime =>
      isTree(runtime) ? runtime['runtime_path'] : undefined,
    ),
}
