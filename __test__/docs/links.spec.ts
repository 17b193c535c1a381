/** Every relative link, and every path and file name that a document names, leads somewhere. */

import test from 'ava'
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { codesOf, documentPaths, readDocument, withoutBlocks } from '../helpers/documents.ts'
import { projectRoot } from '../helpers/project.ts'

const documents = documentPaths().map(path => ({ path, text: readDocument(path) }))

/** What is built, and so may be missing in a fresh clone. */
const BUILT = /^(dist|build|target|node_modules)(\/|$)/
const FOLDERS = /^(ts|crates|dashboard|deploy|docs|tools|bench|native|npm|LICENSES|__test__|\.ci|dist|build|target)\//
const SOURCE_NAME = /^[a-z][a-z0-9-_]*(\.spec)?\.(rs|ts|mjs|c)$/

const sources = new Set(
  ['ts', 'crates', 'tools', 'bench', '__test__'].flatMap(folder =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' }).map(path => basename(path)),
  ),
)

const exists = (path: string) => BUILT.test(path) || existsSync(join(projectRoot, path))

test('documents are found', t => {
  const paths = documents.map(({ path }) => path)
  for (const path of ['README.md', 'ARCHITECTURE.md', 'docs/cli.md', 'bench/README.md']) t.true(paths.includes(path))
})

test('every relative link leads to a file, and its anchor to a heading there', t => {
  const lost = documents.flatMap(({ path, text }) =>
    [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter(target => !/^[a-z]+:/.test(target))
      .filter(target => !leads(path, target))
      .map(target => `${path}: ${target}`),
  )
  t.deepEqual(lost, [])
})

function leads(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? from : join(dirname(from), file)
  if (!existsSync(join(projectRoot, path))) return false
  return anchor === undefined || anchorsOf(readDocument(path)).includes(anchor)
}

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  const headings = [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return headings.map(heading =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

test('every path that is named exists', t => {
  const lost = documents.flatMap(({ path, text }) =>
    codesOf(withoutBlocks(text))
      .filter(code => FOLDERS.test(code) && !/[*<>{}\s]/.test(code))
      .filter(code => !exists(code))
      .map(code => `${path}: ${code}`),
  )
  t.deepEqual(lost, [])
})

test('every source file that is named alone exists somewhere', t => {
  const lost = documents.flatMap(({ path, text }) =>
    codesOf(withoutBlocks(text))
      .filter(code => SOURCE_NAME.test(code) && !sources.has(code))
      .map(code => `${path}: ${code}`),
  )
  t.deepEqual(lost, [])
})

test('every script of npm that is named exists', async t => {
  const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> }
  const named = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm (?:run ([a-z]+)|(start|test))\b/g)].map(([, script, short]) => ({
      path,
      script: script ?? short ?? '',
    })),
  )
  t.true(named.length > 3)
  t.deepEqual(
    named.filter(({ script }) => scripts[script] === undefined),
    [],
  )
})
