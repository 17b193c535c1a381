/** What a command loads: each waits for what it needs, and help for nothing. Counted, not timed. */

import test from 'ava'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { start } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { projectRoot } from '../helpers/project.ts'

const HEAVY = ['addon', 'hono', '@hono/node-server', 'prom-client', 'pino', 'yaml', 'valibot']
const PRELOADED = join(projectRoot, '__test__/fixtures/tell-shared-objects.cjs')

/** Which packages a command line loads, and `addon` for ours. */
const loaded = (args: readonly string[]) => loadedBy(env => cli(args, { env }))

async function loadedBy(execute: (env: NodeJS.ProcessEnv) => Promise<unknown>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sn-loading-'))
  const objects = join(folder, 'objects')
  // V8's coverage lists every script of the process by its URL.
  const coverage = join(folder, 'coverage')
  const env = {
    ...process.env,
    NODE_V8_COVERAGE: coverage,
    SHARED_OBJECTS_FILE: objects,
    NODE_OPTIONS: `--require ${PRELOADED}`,
  }
  try {
    await execute(env)
    const scripts = readdirSync(coverage).flatMap(name => scriptsOf(join(coverage, name)))
    const native = JSON.parse(readFileSync(objects, 'utf8')) as string[]
    const addon = native.some(path => path.endsWith('.node')) ? ['addon'] : []
    return [...new Set([...scripts.flatMap(packageOf), ...addon])]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function scriptsOf(file: string): string[] {
  const { result } = JSON.parse(readFileSync(file, 'utf8')) as { result: { url: string }[] }
  return result.map(({ url }) => url)
}

function packageOf(url: string): string[] {
  const name = /^file:.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1]
  return name === undefined ? [] : [name]
}

const heavy = async (...args: string[]) => (await loaded(args)).filter(name => HEAVY.includes(name))

test('help, version and refusals load commander and nothing else', async t => {
  for (const line of ['--help', '--version', 'run --help', 'serve --help', 'bogus', 'ps --bogus'])
    t.deepEqual(await loaded(line.split(' ')), ['commander'], line)
})

test('a command that asks a daemon by its socket loads no addon and no configuration', async t => {
  t.deepEqual(await heavy('ps', '--api-socket', '/nonexistent/a.sock'), [])
  t.deepEqual((await heavy('ps', '--config', '/nonexistent/config.yaml')).toSorted(), ['valibot', 'yaml'])
})

test('doctor and run load the addon, and nothing of the daemon', async t => {
  t.deepEqual(await heavy('doctor'), ['addon'])
  const folder = mkdtempSync(join(tmpdir(), 'sn-loading-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  t.deepEqual(await heavy('run', '--deny', 'chroot', '--', 'true'), ['addon'])
})

test('importing the package loads no addon, starts nothing, and lets the process end by itself', async t => {
  const entry = pathToFileURL(join(projectRoot, 'dist/index.js')).href
  const code = `import(${JSON.stringify(entry)}).then(entry => console.log(Object.keys(entry).join()))`
  const found = await loadedBy(async env => {
    const { code: exitCode, stdout } = await start(process.execPath, ['-e', code], { env }).finished
    t.is(exitCode, 0)
    t.true(stdout.includes('createDaemon'))
  })
  t.false(found.includes('addon'))
  t.false(found.includes('hono'))
})

test('what serve needs is found by the same count', async t => {
  const args = ['serve', '--http', 'off', '--state-dir', '/dev/null/none']
  const found = await heavy(...args)
  t.true(
    ['pino', 'prom-client', 'yaml', 'valibot'].every(name => found.includes(name)),
    found.join(', '),
  )
})
