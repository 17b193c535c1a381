/** What README.md shows is what happens. */

import test from 'ava'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseConfig } from '../../ts/config/load.ts'
import { start, type Finished } from '../helpers/child.ts'
import { CLI } from '../helpers/daemon-process.ts'
import { blocksOf, readDocument } from '../helpers/documents.ts'
import { projectRoot } from '../helpers/project.ts'

const blocks = blocksOf(readDocument('README.md'))
const of = (info: string) => blocks.filter(block => block.info === info).map(({ text }) => text)

const COMMAND = `seccomp-notifyd() { '${process.execPath}' '${CLI}' "$@"; }\n`

/** In a folder of its own, with messages in English and plain quotes. */
async function shell(script: string): Promise<Finished> {
  const folder = mkdtempSync(join(tmpdir(), 'sn-readme-'))
  try {
    const options = { cwd: folder, env: { ...process.env, LC_ALL: 'C' } }
    // One stream, so that the order is as in a terminal.
    return await start('bash', ['-c', `${COMMAND}exec 2>&1\n${script}`], options).finished
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** `x64` marks a session whose output names that processor's ABI and numbers. */
const sessions = blocks.filter(({ info }) => info.startsWith('console run'))

for (const [index, { info, text }] of sessions.entries()) {
  const run = info.endsWith('x64') && process.arch !== 'x64' ? test.skip : test
  run(`session ${index + 1} prints what is shown`, async t => {
    const shown = text
      .split('\n')
      .filter(line => !isTyped(line))
      .join('\n')
    // Sessions build on the files of those before.
    const before = sessions.slice(0, index).map(session => typed(session.text))
    const { stdout } = await shell(`{\n${before.join('')}:\n} > /dev/null 2>&1\n${typed(text)}`)
    t.is(withoutCallers(stdout), withoutCallers(shown))
  })
}

/** Numbers of processes differ, and a busy machine may be too slow to read who called. */
function withoutCallers(output: string): string {
  return output.replaceAll(/^\w+\(.*\) {2}\w+ \(pid .*\n/gm, '')
}

function isTyped(line: string): boolean {
  return /^[$>] /.test(line)
}

function typed(session: string): string {
  const lines = session.split('\n').filter(isTyped)
  return lines.map(line => `${line.slice(2)}\n`).join('')
}

test('there are sessions and examples', t => {
  t.is(sessions.length, 5)
  t.is(of('js example').length, 1)
})

test('what is shown of the demo is what the demo does', t => {
  const [shown = ''] = blocks.map(({ text }) => text).filter(text => text.includes('runc --root'))
  const titles = shown.split('\n').filter(line => line.startsWith('# '))
  const demo = readFileSync(join(projectRoot, 'tools/demo.mjs'), 'utf8')
  t.is(titles.length, 4)
  for (const title of titles) t.true(demo.includes(`title('${title.slice(2)}')`), title)
  for (const message of ['container attached', 'denied call seen for the first time']) {
    t.true(shown.includes(`"msg":"${message}"`))
    t.true(readDocument('docs/log.md').includes(`\`${message}\``))
  }
})

test('the example of the library prints what is said of it', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sn-readme-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'example.mjs')
  const entry = pathToFileURL(join(projectRoot, 'dist/index.js')).href
  writeFileSync(file, (of('js example')[0] ?? '').replace("'seccomp-notifyd'", `'${entry}'`))
  const { stdout } = await start(process.execPath, [file], { cwd: folder }).finished
  t.is(stdout, 'mkdir got EPERM\n1 Used forbidden syscalls: mkdir (1x)\n')
})

test('the example of the daemon has a configuration that is accepted, and exports that exist', async t => {
  const [example = ''] = of('js')
  const [, input = ''] = /parseConfig\((\{.*\})\)/.exec(example) ?? []
  t.deepEqual(input, "{ policy: { action: 'stop' }, http: { address: 'off' } }")
  const config = parseConfig({ policy: { action: 'stop' }, http: { address: 'off' } })
  t.is(config.http.address, null)
  const names = /import \{ (.*) \}/.exec(example)?.[1]?.split(', ') ?? []
  const exported = Object.keys(await import('../../ts/index.ts'))
  t.true(names.length > 0 && names.every(name => exported.includes(name)))
})

test('the profile of a container is JSON, and asks what is watched here', t => {
  const [text = ''] = of('json')
  const { annotations, linux } = JSON.parse(text) as {
    annotations: object
    linux: { seccomp: { listenerPath: string } }
  }
  t.deepEqual(Object.keys(annotations), ['seccomp-notifyd.io/action'])
  t.is(linux.seccomp.listenerPath, parseConfig({}, { uid: 0, env: {} }).listener.socket)
})
