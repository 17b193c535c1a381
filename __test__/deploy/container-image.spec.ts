/** deploy/container/: no registry is at hand to build the image, so that its last stage is laid out from this checkout and used. */

import { existsSync, cpSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import test from 'ava'
import { start } from '../helpers/child.ts'
import { folderOf } from '../helpers/folder.ts'
import { projectRoot } from '../helpers/project.ts'

interface Instruction {
  name: string
  rest: string
}

const text = readFileSync(join(projectRoot, 'deploy/container/Containerfile'), 'utf8')
const instructions: Instruction[] = text
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
  .map(line => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1).trim() }))
const named = (name: string) => instructions.filter(instruction => instruction.name === name).map(({ rest }) => rest)

/** From the build stage, in the last one. */
const copies = named('COPY')
  .filter(rest => rest.startsWith('--from=build '))
  .map(rest => {
    const words = rest.split(/\s+/).slice(1)
    return { sources: words.slice(0, -1), target: words.at(-1) ?? '' }
  })
const workdir = named('WORKDIR').at(-1) ?? ''

test('instructions are known, and stages and bases are named', t => {
  const known = ['ARG', 'FROM', 'RUN', 'WORKDIR', 'COPY', 'ENTRYPOINT', 'CMD']
  t.deepEqual(
    instructions.filter(({ name }) => !known.includes(name)),
    [],
  )
  t.deepEqual(named('FROM'), ['${BUILDER} AS build', '${BASE}'])
  t.deepEqual(
    named('ARG').map(rest => /^(\w+)=\S+:\S+$/.exec(rest)?.[1]),
    ['BUILDER', 'BASE'],
  )
  for (const rest of [...named('ENTRYPOINT'), ...named('CMD')]) t.true(Array.isArray(JSON.parse(rest)))
})

test('what the last stage has is enough for the program, from its entry point on', async t => {
  const root = folderOf(t)
  const home = join(root, workdir)
  mkdirSync(home, { recursive: true })
  for (const { sources, target } of copies)
    for (const source of sources) lay(source.replace('/src', projectRoot), home, target)
  const [link = ''] = named('RUN').filter(rest => rest.startsWith('ln -s'))
  const [program = '', entry = ''] = link.split(' ').slice(2)
  t.is(JSON.parse(named('ENTRYPOINT')[0] ?? '')[0], basename(entry))
  t.true(lstatSync(join(root, program)).isFile())
  const call = (...args: string[]) => start(process.execPath, [join(root, program), ...args]).finished
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
  t.is((await call('--version')).stdout.trim(), version)
  // Loads the addon.
  t.is(
    (await call('profile', 'check', '--json', join(projectRoot, 'crates/profile/fixtures/allow-list.json'))).stderr,
    '',
  )
  const shim = join(home, 'native/seccomp-notifyd-runtime')
  t.true(existsSync(shim), 'the DaemonSet copies it from there')
})

/** The folder of libraries, which is large, is not copied: a link to it has the same names. */
function lay(source: string, home: string, target: string): void {
  const to = target === './' ? join(home, basename(source)) : join(home, target)
  if (basename(source) === 'node_modules') symlinkSync(source, to)
  else cpSync(source, to, { recursive: true })
}

test('what a build makes anew is kept out of it', t => {
  const ignored = readFileSync(join(projectRoot, 'deploy/container/ignore'), 'utf8').split('\n')
  const made = readFileSync(join(projectRoot, '.gitignore'), 'utf8').split('\n')
  const folders = ['/target/', '/node_modules/', '/build/', '/dist/', '/.cache/']
  t.true(folders.every(folder => made.includes(folder)))
  t.true(folders.every(folder => ignored.includes(folder.slice(1, -1))))
})
