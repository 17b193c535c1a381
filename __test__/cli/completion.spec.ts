/** `completion`: bash itself completes with the script; all scripts have every command, option and word. */

import test from 'ava'
import { createProgram } from '../../ts/cli/program.ts'
import { completionScript } from '../../ts/cli/completion.ts'
import { placesOf } from '../../ts/cli/completion-tree.ts'
import { start } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'

const places = placesOf(createProgram(() => {}))

/** What bash offers for the last word of a line. */
async function offered(...typed: string[]): Promise<string[]> {
  const { stdout: script } = await cli(['completion', 'bash'])
  const ask = `set -u
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_seccomp_notifyd
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { code, stdout, stderr } = await start('bash', ['-c', `${script}\n${ask}`, 'bash', 'seccomp-notifyd', ...typed])
    .finished
  if (code !== 0 || stderr !== '') throw new Error(`bash ended with ${code}: ${stderr}`)
  return stdout.split('\n').filter(word => word !== '')
}

for (const [typed, found] of [
  [['ser'], ['serve']],
  [['profile', 'ch'], ['check']],
  [['run', '--ac'], ['--action']],
  [
    ['run', '--action', ''],
    ['log', 'stop'],
  ],
  [['run', '--action', 's'], ['stop']],
  [
    ['run', '--json', '--pro'],
    ['--profile', '--probes'],
  ],
  [['run', '--profile', 'x'], []],
  [['run', '--', 'p'], []],
  [['ps', '--js'], ['--json']],
  [['ps', 'ser'], []],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish', '--help'],
  ],
  [['profile', 'check', '--runtime', 'r'], ['runc']],
] as const) {
  test(`bash completes ${typed.join(' ')}`, async t => {
    t.deepEqual((await offered(...typed)).toSorted(), [...found].toSorted())
  })
}

test('bash offers every command at the beginning, with the options of the whole', async t => {
  const names = (await offered('')).filter(word => !word.startsWith('-'))
  const { stdout } = await cli(['--help'])
  const list = /\nCommands:\n([^]*)/.exec(stdout)?.[1] ?? ''
  t.deepEqual(
    names,
    [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name),
  )
  t.true((await offered('-')).includes('--version'))
})

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  test(`the script of ${shell} has every command, option and word`, async t => {
    const { stdout, stderr, code } = await cli(['completion', shell])
    t.deepEqual([code, stderr], [0, ''])
    t.is(stdout, completionScript(shell, places))
    const words = new Set(stdout.split(/[^a-z0-9_-]+/i))
    const dashes = shell === 'fish' ? '' : '--'
    for (const { commands, words: accepted, options } of places) {
      const flags = options.map(({ name }) => dashes + name.slice(2))
      const values = options.flatMap(({ value }) => (Array.isArray(value) ? value : []))
      for (const word of [...commands.map(({ name }) => name), ...accepted, ...flags, ...values])
        t.true(words.has(word), word)
    }
  })
}

test('texts with quotes do not end the words of fish', t => {
  const option = { name: '--x', text: "the daemon's \\ own", value: 'nothing' } as const
  const script = completionScript('fish', [{ path: '/run', commands: [], words: [], options: [option] }])
  t.true(script.includes(String.raw`-f -l x -d 'the daemon\'s \\ own'`), script)
})
