/** `completion`: each shell itself completes with its script, which has every command, option and word. */

import test, { type ExecutionContext } from 'ava'
import { createProgram } from '../../ts/cli/program.ts'
import { completionScript, type Shell } from '../../ts/cli/completion.ts'
import { placesOf } from '../../ts/cli/completion-tree.ts'
import { start } from '../helpers/child.ts'
import { cli } from '../helpers/cli.ts'
import { checksWith, type Check } from '../helpers/engine-checks.ts'
import { folderOf } from '../helpers/folder.ts'
import { findCommand, type Need } from '../helpers/needs.ts'

const places = placesOf(createProgram(() => {}))

/** What a shell is to do with our script, and the words of the line behind it. */
const ASK = {
  bash: `set -u
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_seccomp_notifyd
printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Its own are there in its line editor alone. They pass over what does not begin as the last word does, and so is done below.
  zsh: `words=("$@"); CURRENT=$#
compadd() { shift; print -l -- "$@" }
_files() {}
_seccomp_notifyd`,
  fish: 'complete -C (string join " " -- $argv)',
}
const BEFORE = { bash: '', zsh: 'compdef() {}', fish: '' }
const OPTIONS = { bash: ['-c'], zsh: ['-f', '-c'], fish: ['--no-config', '-c'] }

/** What a shell offers for the last word of a line, in a folder without files. */
async function offered(t: ExecutionContext, shell: Shell, ...typed: string[]): Promise<string[]> {
  const { stdout: script } = await cli(['completion', shell])
  const line = ['seccomp-notifyd', ...typed]
  const name = shell === 'fish' ? [] : [shell]
  const text = [BEFORE[shell], script, ASK[shell]].join('\n')
  const { code, stdout, stderr } = await start(shell, [...OPTIONS[shell], text, ...name, ...line], { cwd: folderOf(t) })
    .finished
  if (code !== 0 || stderr !== '') throw new Error(`${shell} ended with ${code}: ${stderr}`)
  const words = stdout.split('\n').map(found => found.split('\t')[0] ?? '')
  return words.filter(word => word !== '' && word.startsWith(typed.at(-1) ?? ''))
}

const checks: Record<Shell, Check> = {
  bash: (title, body) => test(`bash: ${title}`, body),
  zsh: checksWith('zsh', needShell('zsh')),
  fish: checksWith('fish', needShell('fish')),
}

function needShell(name: Shell): Need {
  return findCommand(name) === undefined ? { usable: false, reason: `${name} is not installed` } : { usable: true }
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
  [['completion', 'z'], ['zsh']],
  [['profile', 'check', '--runtime', 'r'], ['runc']],
] as const) {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    checks[shell](`completes ${typed.join(' ')}`, async t => {
      t.deepEqual((await offered(t, shell, ...typed)).toSorted(), [...found].toSorted())
    })
  }
}

test('bash offers every command at the beginning, with the options of the whole', async t => {
  const names = (await offered(t, 'bash', '')).filter(word => !word.startsWith('-'))
  const { stdout } = await cli(['--help'])
  const list = /\nCommands:\n([^]*)/.exec(stdout)?.[1] ?? ''
  t.deepEqual(
    names,
    [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name),
  )
  t.true((await offered(t, 'bash', '-')).includes('--version'))
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
