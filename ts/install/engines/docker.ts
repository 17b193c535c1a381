/** PURE: Docker's daemon.json. */

import { registeredIn, type Engine } from '../engine.ts'
import { json } from '../json.ts'
import { isTree } from '../tree.ts'

export const docker: Engine = {
  program: 'dockerd',
  file: '/etc/docker/daemon.json',
  format: json,
  reload: 'systemctl reload docker, or SIGHUP to dockerd',
  // With runtimeArgs Docker would put a shell in between.
  changes: (_, { name, folder, isDefault }) => [
    ...(isDefault ? [{ kind: 'replace', path: ['default-runtime'], value: name } as const] : []),
    { kind: 'own', path: ['runtimes', name], value: { path: `${folder}/runc` } },
  ],
  registered: tree => registeredIn(tree, ['runtimes'], runtime => (isTree(runtime) ? runtime['path'] : undefined)),
}
