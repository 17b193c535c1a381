/** Which file of ts/ may import which. The table is ARCHITECTURE.md's; this is what enforces it. */

import test from 'ava'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

interface Import {
  from: string
  to: string
  typeOnly: boolean
}

/** Decide and compute: no input or output, no clock, no process. They may use each other where the row says so. */
const PURE = [
  'annotations',
  'baseline',
  'calls',
  'clip',
  'container-key',
  'container-series',
  'container-view',
  'debounce',
  'docker-files',
  'engine',
  'detail',
  'frames',
  'errno',
  'events',
  'first-seen',
  'handover',
  'held-series',
  'identity',
  'install/changes',
  'install/engine',
  'install/engines',
  'install/engines/containerd',
  'install/engines/crio',
  'install/engines/docker',
  'install/engines/kubernetes',
  'install/engines/podman',
  'install/format',
  'install/json',
  'install/line-ends',
  'install/toml',
  'install/toml-document',
  'install/toml-removal',
  'install/toml-text',
  'install/tree',
  'labels',
  'latency',
  'metadata',
  'named-event',
  'open-metrics',
  'phases',
  'pod',
  'podman-files',
  'policy',
  'recent-calls',
  'record-file',
  'recorded-calls',
  'recorded-run',
  'recording',
  'recording-file',
  'recording-name',
  'recording-view',
  'run-report',
  'saved-container',
  'saved-schema',
  'series',
  'service-manager',
  'stop-times',
  'termination',
  'termination-file',
  'untold',
  'verification',
  'verdicts',
  'wishes',
  'ways-in',
]
/** Shapes that anyone may name; they bring no code along. */
const SHAPES = [
  'detail',
  'frames',
  'config/schema',
  'container-view',
  'recent-calls',
  'containers',
  'native',
  'calls',
  'events',
  'identity',
  'engine',
  'bundle',
  'http/source',
  'http/server',
]
/** What a file may import besides types; a file that is not listed may import anything but `cli` and `index`. */
const MAY: Record<string, string[]> = {
  errors: [],
  native: ['addon', 'events'],
  addon: ['errors'],
  clip: [],
  errno: [],
  events: [],
  'first-seen': ['calls', 'events'],
  debounce: [],
  verdicts: [],
  latency: [],
  calls: ['verdicts'],
  labels: ['clip'],
  'open-metrics': [],
  pod: [],
  engine: ['pod'],
  identity: ['clip', 'engine', 'pod'],
  'docker-files': [],
  'podman-files': [],
  termination: ['verdicts'],
  'termination-file': ['bundle'],
  'stop-times': ['termination'],
  untold: ['debounce', 'first-seen', 'termination'],
  wishes: ['config/duration'],
  annotations: ['config/duration', 'wishes'],
  metadata: ['recording-name', 'wishes'],
  policy: ['annotations', 'metadata', 'wishes'],
  containers: ['clip', 'debounce', 'details', 'identity', 'recent-calls'],
  'recent-calls': [],
  detail: ['clip', 'frames', 'report/format'],
  frames: ['clip', 'report/format'],
  details: ['calls', 'detail'],
  arrivals: ['detail', 'events'],
  inspection: ['native'],
  'container-view': [],
  series: ['clip', 'labels'],
  'container-series': ['series', 'verdicts'],
  'held-series': ['container-series'],
  metrics: ['container-series', 'held-series', 'labels', 'metric-readings'],
  'container-key': [],
  registry: ['calls', 'clip', 'container-key', 'containers', 'saved-container'],
  'saved-schema': ['saved-container'],
  'saved-container': ['containers', 'policy', 'watch'],
  'service-manager': [],
  'metric-readings': ['latency'],
  'named-event': ['events', 'verdicts'],
  'run-report': ['container-view', 'termination'],
  verification: ['run-report', 'verdicts'],
  phases: [],
  'recorded-calls': ['calls', 'phases'],
  recording: ['phases', 'recorded-calls'],
  'recorded-run': ['calls', 'recorded-calls', 'recording', 'verdicts'],
  'recording-name': ['wishes'],
  'recording-file': ['recorded-calls', 'recorded-run', 'recording', 'recording-name', 'report/record'],
  'recording-view': ['recorded-run', 'recording', 'recording-file'],
  'record-file': ['errors', 'recording'],
  baseline: ['errors', 'verification'],
  handover: ['errno', 'identity', 'metadata', 'policy', 'recording-name'],
  'ways-in': [],
  'install/tree': [],
  'install/line-ends': [],
  'install/format': ['install/tree'],
  'install/json': ['errors', 'install/format', 'install/line-ends', 'install/tree'],
  'install/toml-document': ['errors', 'install/tree'],
  'install/toml-text': ['install/tree'],
  'install/toml-removal': ['install/line-ends', 'install/toml-document', 'install/toml-text', 'install/tree'],
  'install/toml': [
    'errors',
    'install/format',
    'install/line-ends',
    'install/toml-document',
    'install/toml-removal',
    'install/toml-text',
    'install/tree',
  ],
  'install/changes': ['errors', 'install/format', 'install/tree'],
  'install/engine': ['install/changes', 'install/format', 'install/tree', 'ways-in'],
  'install/engines/docker': ['install/engine', 'install/json', 'install/tree'],
  'install/engines/containerd': [
    'errors',
    'install/changes',
    'install/engine',
    'install/toml',
    'install/toml-text',
    'install/tree',
  ],
  'install/engines/podman': ['install/engine', 'install/toml'],
  'install/engines/crio': ['install/engine', 'install/toml', 'install/tree'],
  'install/engines/kubernetes': [],
  'install/engines': [
    'install/engine',
    'install/engines/containerd',
    'install/engines/crio',
    'install/engines/docker',
    'install/engines/podman',
  ],
}
const LISTED_MODULES: Record<string, string[]> = {
  'prom-client': ['metrics', 'metric-readings'],
  pino: ['log'],
  '../native/index': ['native'],
  addon: ['native', 'install/packaged'],
}

const files = readdirSync('ts', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
const imports = files.flatMap(readImports)

function readImports(file: string): Import[] {
  const source = readFileSync(join('ts', file), 'utf8')
  const found = source.matchAll(/^(?:import|export) (type )?([^'"]*?from )?'([^']+)'|import\('([^']+)'\)/gms)
  return [...found].map(([, type, , named, lazy]) => ({
    from: moduleName(file),
    to: resolve(file, named ?? lazy ?? ''),
    typeOnly: type !== undefined,
  }))
}

function moduleName(file: string): string {
  return file.replace(/\.[jt]s$/, '')
}

function resolve(file: string, named: string): string {
  return named.startsWith('.') ? moduleName(normalize(join(dirname(file), named))) : named
}

const isOurs = ({ to }: Import) => files.includes(`${to}.ts`)
const show = ({ from, to }: Import) => `${from} -> ${to}`

test('imports are found at all', t => {
  t.true(imports.length > 100)
  t.true(imports.some(each => show(each) === 'policy -> wishes'))
  t.true(imports.some(each => show(each) === 'daemon -> http/server'))
})

test('every import of ours names a file that exists', t => {
  const lost = imports.filter(
    each => !isOurs(each) && /^(\.|[a-z-]+\/)/.test(each.to) && !each.to.startsWith('../native'),
  )
  t.deepEqual(lost.filter(({ to }) => files.some(file => dirname(file) === dirname(to))).map(show), [])
})

test('a file imports the code of those alone that its row lists', t => {
  const wrong = imports.filter(each => {
    const listed = MAY[each.from]
    return listed !== undefined && isOurs(each) && !each.typeOnly && !listed.includes(each.to)
  })
  t.deepEqual(wrong.map(show), [])
})

test('pure files have a row, and import no part of Node that acts', t => {
  t.deepEqual(
    PURE.filter(name => MAY[name] === undefined),
    [],
  )
  const acting = imports.filter(
    ({ from, to, typeOnly }) =>
      PURE.includes(from) && !typeOnly && to.startsWith('node:') && !['node:os', 'node:util'].includes(to),
  )
  t.deepEqual(acting.map(show), [])
})

test('pure files read no clock, no environment and no arguments, and set no timer', t => {
  const forbidden = /\bprocess\.|Date\.now|new Date\(\)|performance\.|setTimeout|setInterval|setImmediate|Math\.random/
  const acting = [...PURE, 'containers', 'registry', 'metrics', 'metric-readings'].filter(name =>
    forbidden.test(readFileSync(join('ts', `${name}.ts`), 'utf8')),
  )
  t.deepEqual(acting, [])
})

test('types alone come from the shared shapes or from what the row lists', t => {
  const wrong = imports.filter(each => {
    const listed = MAY[each.from]
    const allowed = [...SHAPES, 'errors', ...(listed ?? [])]
    return listed !== undefined && isOurs(each) && each.typeOnly && !allowed.includes(each.to)
  })
  t.deepEqual(wrong.map(show), [])
})

test('some packages are used by one file alone', t => {
  const wrong = imports.filter(({ from, to, typeOnly }) => {
    const users = LISTED_MODULES[to]
    return users !== undefined && !users.includes(from) && !(typeOnly && to === 'pino')
  })
  t.deepEqual(wrong.map(show), [])
})

test('nothing imports the command line or the package entry, except the command line itself', t => {
  const wrong = imports.filter(({ from, to }) => (to.startsWith('cli/') && !from.startsWith('cli/')) || to === 'index')
  t.deepEqual(wrong.map(show), [])
})

test('the command line reaches a running daemon over HTTP, and never the addon itself', t => {
  const wrong = imports.filter(
    ({ from, to, typeOnly }) =>
      from.startsWith('cli/commands/') && !typeOnly && (to === 'native' || to.startsWith('http/')),
  )
  t.deepEqual(wrong.map(show), [])
})

test('HTTP knows neither the daemon nor its configuration file', t => {
  const apps = (name: string) => name.startsWith('http/routes/') || name === 'http/app'
  const wrong = imports.filter(
    ({ from, to, typeOnly }) =>
      apps(from) && !typeOnly && (to === 'daemon' || to === 'native' || to.startsWith('config/')),
  )
  t.deepEqual(wrong.map(show), [])
})

test('reports are made from errors and shapes', t => {
  const wrong = imports.filter(
    each =>
      each.from.startsWith('report/') &&
      isOurs(each) &&
      !each.typeOnly &&
      !/^(report\/|errors$|http\/summary$|config\/duration$|clip$)/.test(each.to),
  )
  t.deepEqual(wrong.map(show), [])
})

test('there is no default export and no exit outside of the entry', t => {
  const sources = files.map(file => ({ file, text: readFileSync(join('ts', file), 'utf8') }))
  t.deepEqual(
    sources.filter(({ text }) => /^export default/m.test(text)).map(({ file }) => file),
    [],
  )
  t.deepEqual(
    sources
      .filter(({ file, text }) => file !== 'cli/main.ts' && text.includes('process.exit('))
      .map(({ file }) => file),
    [],
  )
})

/** One idea per file. The table of settings is one, however many there are. */
const LONG = ['config/schema']

test('no file is longer than 150 lines', t => {
  const long = files.filter(file => readFileSync(join('ts', file), 'utf8').split('\n').length > 151)
  t.deepEqual(long.map(moduleName), LONG)
})
