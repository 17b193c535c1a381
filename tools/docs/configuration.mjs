/** docs/configuration.md: every setting as the schema has it, and a file in which each is set. */
import { stringify } from 'yaml'
import { defaultPaths, systemConfigFile } from '../../dist/config/default-paths.js'
import { configSchema } from '../../dist/config/schema.js'
import { listSettings } from '../../dist/config/setting.js'
import { block, code, generated, page, table } from './markdown.mjs'

const INTRODUCTION = `\`seccomp-notifyd serve\` reads one file, YAML or JSON: \`--config FILE\`, or else \`${systemConfigFile}\` where that
exists. Every setting may be left out. Options of the [command line](cli.md#serve) win over the file. The file is checked
strictly: an unknown key, a key that is given twice, a value of the wrong kind or a number without a unit is refused, with
line and column, what is accepted, and what was probably meant.

- A duration is a number with \`ms\`, \`s\`, \`m\` or \`h\`: \`500ms\`, \`5s\`, \`2m\`. The most is 2147483647ms (24.8 days).
- A syscall name is written as in a profile: \`clone3\`; \`syscall_600\` for a number without a name.
- An errno name is one of errno(3): \`EPERM\`.
- \`policy.maxDelay\` is at least \`policy.debounce\`, and the two sockets are two paths.
- Without root the defaults are those of the user: the sockets lie in \`$XDG_RUNTIME_DIR/seccomp-notifyd\` (or
  \`/run/user/UID/seccomp-notifyd\`), the history in \`$XDG_STATE_HOME/seccomp-notifyd\` (or \`~/.local/state/seccomp-notifyd\`).`

const CONTAINERS = `What a container may ask for by itself, with annotations or the metadata of its profile, and which \`containersMay\`
permits it, is in [containers.md](containers.md#what-a-container-may-ask-for).`

export function renderConfiguration() {
  const settings = listSettings(configSchema(defaultPaths({ uid: 0, env: {} })))
  return page([
    generated('ts/config/schema.ts'),
    '# Configuration',
    INTRODUCTION,
    'A file in which every setting has a value other than its default:',
    block('yaml', stringify(nest(settings))),
    '## Settings',
    table(['key', 'accepted', 'default', 'example', 'meaning'], settings.map(renderSetting)),
    CONTAINERS,
  ])
}

function renderSetting({ path, type, default: byDefault, example, text }) {
  return [code(path), type, byDefault === null ? 'none' : written(byDefault), written(example), text]
}

/** A value as it is written in YAML, on one line. */
function written(value) {
  return code(stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false }).trim())
}

function nest(settings) {
  const whole = {}
  for (const { path, example } of settings) {
    const keys = path.split('.')
    const section = keys.slice(0, -1).reduce((outer, key) => (outer[key] ??= {}), whole)
    section[keys.at(-1)] = example
  }
  return whole
}
