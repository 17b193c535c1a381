import test from 'ava'
import { apply, undo } from '../../ts/install/changes.ts'
import type { Host } from '../../ts/install/engine.ts'
import { podman } from '../../ts/install/engines/podman.ts'
import { toml } from '../../ts/install/toml.ts'
import { sample } from '../helpers/engine-config.ts'

const HANDLER = { name: 'notifyd', folder: '/usr/libexec/seccomp-notifyd', isDefault: true }
const HOST: Host = { runtimes: ['runc', 'crun'] }

const install = (text: string, host = HOST) => apply(toml, text, podman.changes(toml.parse(text), HANDLER, host))

test('lists, settings and tables that are there are added to', t => {
  const before = sample('containers.conf')
  const { text, done } = install(before)
  const after = before
    .replace('  "runc",\n]\n', '  "runc", "notifyd",\n]\nruntime = "notifyd"\n')
    .replace(
      '  "/usr/bin/kata-runtime",\n]\n',
      '  "/usr/bin/kata-runtime",\n]\nnotifyd = ["/usr/libexec/seccomp-notifyd/crun"]\n',
    )
  t.is(text, after)
  t.is(undo(toml, text, done), before)
})

test('a file with nothing but comments gets what Podman takes by itself, and our name', t => {
  const { text } = install('# mine\n', { runtimes: ['runc'] })
  t.deepEqual(toml.parse(text), {
    engine: {
      runtime_supports_json: ['crun', 'runc', 'kata', 'runsc', 'youki', 'krun', 'notifyd'],
      runtime: 'notifyd',
      runtimes: { notifyd: ['/usr/libexec/seccomp-notifyd/runc'] },
    },
  })
  t.true(text.startsWith('# mine\n\n'))
})

test('a word is taken out of its list wherever it stands by now', t => {
  const { done } = install(sample('containers.conf'))
  const without = (list: string) =>
    undo(toml, `[engine]\nruntime_supports_json = ${list}\n`, done).replace(/^.*\n.* = /, '')
  t.is(without('["notifyd", "crun"]'), '["crun"]\n')
  t.is(without('["crun", "notifyd", "runc"]'), '["crun", "runc"]\n')
  t.is(without('[\n  "crun",\n  "notifyd", # ours\n]'), '[\n  "crun", # ours\n]\n')
  t.is(without('["notifyd"]'), '[]\n')
  t.is(without('["crun"]'), '["crun"]\n')
})

test('a table that exists by keys with dots gets another such key', t => {
  const before = '[engine]\nruntimes.crun = ["/usr/bin/crun"]\nruntime_supports_json = []\n'
  const { text, done } = install(before)
  t.is(
    text,
    '[engine]\nruntimes.crun = ["/usr/bin/crun"]\nruntime_supports_json = ["notifyd"]\nruntime = "notifyd"\nruntimes.notifyd = ["/usr/libexec/seccomp-notifyd/crun"]\n',
  )
  t.is(undo(toml, text, done), before)
})

test('an entry of that name that is not ours is refused', t => {
  t.throws(() => install('[engine.runtimes]\nnotifyd = ["/opt/other"]\n'), {
    code: 'ERR_INSTALL',
    message: /^engine\.runtimes\.notifyd is there already and is another one; choose another --name, or /,
  })
})

test('what is there already is not changed', t => {
  const { text } = install(sample('containers.conf'))
  t.deepEqual(install(text), { text, done: [] })
})
