/** Pages that are generated are what the generator writes, and the generator leaves nothing out. */

import test from 'ava'
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig, parseConfig } from '../../ts/config/load.ts'
import { configSchema } from '../../ts/config/schema.ts'
import { listSettings } from '../../ts/config/setting.ts'
import { defaultPaths } from '../../ts/config/default-paths.ts'
import { start } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { blocksOf, codesOf, readDocument, tableOf } from '../helpers/documents.ts'
import { projectRoot } from '../helpers/project.ts'

const ROOT = { uid: 0, env: {} }
const settings = listSettings(configSchema(defaultPaths(ROOT)))

const generate = (...args: string[]) =>
  start(process.execPath, [join(projectRoot, 'tools/generate-docs.mjs'), ...args]).finished

test('the pages in docs/ are up to date', async t => {
  const { code, stderr } = await generate('--check')
  t.is(code, 0, stderr)
})

test('a page that was changed by hand is found, and nothing is written', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-docs-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  cpSync(join(projectRoot, 'docs'), folder, { recursive: true })
  t.is((await generate('--check', '--folder', folder)).code, 0)
  appendFileSync(join(folder, 'cli.md'), 'by hand\n')
  for (let time = 0; time < 2; time++) {
    const { code, stderr } = await generate('--check', '--folder', folder)
    t.is(code, 1)
    t.true(stderr.includes(join(folder, 'cli.md')) && !stderr.includes(join(folder, 'configuration.md')), stderr)
  }
  t.is((await generate('--folder', folder)).code, 0)
  t.is((await generate('--check', '--folder', folder)).code, 0)
})

/** Of a command as typed, and of those below it. */
async function helpPages(words: string[] = []): Promise<{ words: string[]; help: string }[]> {
  const { stdout: help } = await cli([...words, '--help'])
  const list = /\nCommands:\n([^]*)/.exec(help)?.[1] ?? ''
  const names = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name).filter(name => name !== 'help')
  const below = await Promise.all(names.map(name => helpPages([...words, name])))
  return [{ words, help }, ...below.flat()]
}

test('cli.md has every command and every option that the help shows', async t => {
  const page = readDocument('docs/cli.md')
  const pages = (await helpPages()).filter(({ words }) => words.length > 0)
  t.true(pages.length >= 5)
  for (const { words, help } of pages) {
    const section = page.split(/^## /m).find(text => text.startsWith(`${words.join(' ')}\n`)) ?? ''
    const options = [...help.matchAll(/^ {2}((?:-\w, )?--[a-z-]+)/gm)].map(([, name = '']) => name)
    t.true(options.includes('-h, --help'), words.join(' '))
    for (const name of options.filter(option => option !== '-h, --help'))
      t.true(section.includes(`| \`${name}`), `${words.join(' ')} ${name}`)
  }
})

test('an option of serve that stands for a setting says for which', t => {
  const section =
    readDocument('docs/cli.md')
      .split(/^## /m)
      .find(text => text.startsWith('serve\n')) ?? ''
  const rows = tableOf(section, 'option').filter(([flags]) => !flags?.includes('--config'))
  t.true(rows.length > 0)
  const named = rows.map(row => row.at(-1)?.split(':')[0])
  t.deepEqual(
    named.filter(path => !settings.some(setting => setting.path === path)),
    [],
  )
})

test('configuration.md has a row for every setting, with its bounds, default and example', t => {
  const rows = tableOf(readDocument('docs/configuration.md'), 'key')
  t.deepEqual(
    rows.map(([key]) => key),
    settings.map(({ path }) => `\`${path}\``),
  )
  const rowOf = (path: string) => rows.find(([key]) => key === `\`${path}\``)
  t.deepEqual(rowOf('storm.within')?.slice(1, 4), ['duration, at least 1s', '`10m`', '`1h`'])
  t.deepEqual(rowOf('metrics.maxSyscalls')?.slice(1, 4), ['whole number, 1 to 100000', '`500`', '`1000`'])
  t.deepEqual(rowOf('listener.maxListeners')?.slice(1, 4), ['whole number, 1 to 1000000', 'none', '`5000`'])
  t.deepEqual(rowOf('policy.ignore')?.slice(1, 4), ['list of: syscall name', '`[]`', '`[clone3, personality]`'])
})

test('the example file is accepted as it stands, and no setting in it has its default', t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-docs-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'config.yaml')
  const [example] = blocksOf(readDocument('docs/configuration.md')).filter(({ info }) => info === 'yaml')
  appendFileSync(file, example?.text ?? '')
  const leaves = (value: unknown, path = ''): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
      : [[path, JSON.stringify(value)]]
  const defaults = new Map(leaves(parseConfig({}, ROOT)))
  const found = leaves(loadConfig({ file, surroundings: ROOT }))
  t.is(found.length, settings.length)
  t.deepEqual(
    found.filter(([path, value]) => defaults.get(path) === value),
    [],
  )
})

test('defaults that the page names are those that are loaded', t => {
  const rows = tableOf(readDocument('docs/configuration.md'), 'key')
  const input: Record<string, unknown> = {}
  for (const [key = '', , byDefault = ''] of rows) {
    if (byDefault === 'none') continue
    const [path = '', text = ''] = [...codesOf(key), ...codesOf(byDefault)]
    const [section = '', name] = path.split('.')
    const value = readScalar(text)
    input[section] = name === undefined ? value : { ...(input[section] as object | undefined), [name]: value }
  }
  t.deepEqual(parseConfig(input, ROOT), parseConfig({}, ROOT))
})

function readScalar(text: string): unknown {
  if (text.startsWith('['))
    return text
      .slice(1, -1)
      .split(', ')
      .filter(word => word !== '')
  if (text === 'true' || text === 'false') return text === 'true'
  return /^\d+$/.test(text) ? Number(text) : text
}
