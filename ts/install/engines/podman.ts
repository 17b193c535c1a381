/** PURE: Podman's containers.conf. */

import { registeredIn, runtimeOf, type Engine } from '../engine.ts'
import { toml } from '../toml.ts'

/** What Podman takes where runtime_supports_json is not written. */
const WITH_JSON = ['crun', 'runc', 'kata', 'runsc', 'youki', 'krun']

export const podman: Engine = {
  program: 'podman',
  file: '/etc/containers/containers.conf',
  format: toml,
  reload: 'nothing to reload: the next podman reads it',
  changes: (_, { name, folder, isDefault }, host) => [
    { kind: 'member', path: ['engine', 'runtime_supports_json'], value: name, byDefault: WITH_JSON },
    ...(isDefault ? [{ kind: 'replace', path: ['engine', 'runtime'], value: name } as const] : []),
    { kind: 'own', path: ['engine', 'runtimes', name], value: [`${folder}/${runtimeOf(host)}`] },
  ],
  // Podman takes the first of these that is there.
  registered: tree =>
    registeredIn(tree, ['engine', 'runtimes'], paths => (Array.isArray(paths) ? paths[0] : undefined)),
}
