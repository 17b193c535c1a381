import test from 'ava'
import fc from 'fast-check'
import { apply, undo } from '../../ts/install/changes.ts'
import type { Engine } from '../../ts/install/engine.ts'
import { ENGINES } from '../../ts/install/engines.ts'
import { sample, withCrlf } from '../helpers/engine-config.ts'

const HOST = { runtimes: ['runc', 'crun'] } as const

const install = ({ format, changes }: Engine, text: string, isDefault: boolean) =>
  apply(format, text, changes(format.parse(text), { name: 'notifyd', folder: '/x', isDefault }, HOST))

const bare = fc.constantFrom('a', 'debug', 'runtime', 'runtimes', 'engine', 'crun', 'x-y')
const header = fc.constantFrom(
  'a',
  'engine',
  'engine.runtimes',
  'engine.other',
  'crio.runtime.runtimes.crun',
  'x-y."b.c"',
)
const scalar = fc.oneof(fc.boolean(), fc.integer(), fc.string({ maxLength: 8 }))

/** Lines of a section: keys that differ, with a comment now and then. */
const lines = fc
  .uniqueArray(fc.tuple(bare, scalar, fc.boolean()), { selector: ([key]) => key, maxLength: 4 })
  .map(keys =>
    keys.map(([key, value, noted]) => `${key}_ = ${JSON.stringify(value)}${noted ? ' # noted' : ''}\n`).join(''),
  )

const tomlText = fc
  .tuple(lines, fc.uniqueArray(fc.tuple(header, lines, fc.nat(2)), { selector: ([name]) => name, maxLength: 4 }))
  .map(([root, sections]) => {
    const written = sections.map(([name, text, empty]) => `${'\n'.repeat(empty)}[${name}] # of ${name}\n${text}`)
    return `version = 2\n${root}${written.join('')}`
  })

const jsonText = fc
  .dictionary(
    bare.filter(key => key !== 'runtimes'),
    fc.jsonValue({ maxDepth: 2 }),
    { maxKeys: 5 },
  )
  .chain(tree => fc.constantFrom(2, 4, '\t').map(indent => `${JSON.stringify(tree, null, indent)}\n`))

test('taking out what was added gives the text back, byte for byte', t => {
  const holds = (engine: Engine) => (text: string, isDefault: boolean, crlf: boolean) => {
    const before = crlf ? withCrlf(text) : text
    const { text: after, done } = install(engine, before, isDefault)
    t.not(after, before)
    t.is(undo(engine.format, after, done), before)
    t.deepEqual(install(engine, after, isDefault), { text: after, done: [] })
  }
  for (const engine of [ENGINES.containerd, ENGINES.podman, ENGINES.crio])
    fc.assert(fc.property(tomlText, fc.boolean(), fc.boolean(), holds(engine)))
  fc.assert(
    fc.property(
      jsonText.filter(text => Object.keys(JSON.parse(text) as object).length > 0),
      fc.boolean(),
      fc.boolean(),
      holds(ENGINES.docker),
    ),
  )
})

test('no line of ours is left in files as they are found on hosts', t => {
  const files = {
    containerd: ['containerd-debian.toml', 'containerd-kubeadm.toml', 'containerd-2.toml'],
    podman: ['containers.conf'],
    docker: ['daemon.json'],
  } as const
  for (const [name, samples] of Object.entries(files)) {
    const engine = ENGINES[name as keyof typeof files]
    for (const before of samples.map(sample)) {
      const { text, done } = install(engine, before, true)
      t.is(undo(engine.format, text, done), before)
    }
  }
})

test('only lines are added, but for the setting and the list that are changed', t => {
  const before = sample('containerd-kubeadm.toml')
  const after = install(ENGINES.containerd, before, false).text
  t.true(after.startsWith(before))
})

test('TOML that cannot be read is refused with its place', t => {
  t.throws(() => install(ENGINES.podman, '[engine]\nruntime = \n', false), {
    code: 'ERR_INSTALL',
    message: /^it is no TOML: line \d+, column \d+: /,
  })
  t.throws(() => install(ENGINES.podman, '[engine]\n[engine]\n', false), {
    code: 'ERR_INSTALL',
    message: /^it is no TOML: line 2, column 2: /,
  })
})

test('what Go reads in a file of the engine is what we read', t => {
  const text = "[engine]\nruntimes.'a.b' = [ '''x''', \"\\u0041\" ]\n[[list]]\nk = 1\n[[list]]\nk = 2\n"
  t.deepEqual(ENGINES.podman.format.parse(text), {
    engine: { runtimes: { 'a.b': ['x', 'A'] } },
    list: [{ k: 1 }, { k: 2 }],
  })
})
