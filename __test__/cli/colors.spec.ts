/** Colours of the views of containers: on a terminal, and nowhere else. */

import test, { type ExecutionContext } from 'ava'
import { busy } from '../helpers/busy.ts'
import { start, type Running } from '../helpers/child.ts'
import { CLI, type DaemonProcess } from '../helpers/daemon-process.ts'

const GREEN = '\u001b[32m'
const RED = '\u001b[31m'
/** `top` tells a terminal other things than colours, too. */
const hasColor = (text: string) =>
  text
    .split('\u001b[')
    .slice(1)
    .some(part => /^[0-9;]*m/.test(part))

/** Some programs colour what goes into a pipe where these say so. */
const env = { ...process.env, TERM: 'xterm', NO_COLOR: '', FORCE_COLOR: '1', CI: '1' }

/** What is printed before the words come, on a terminal. `top` and `events` go on: they are ended then. */
async function onTerminal(t: ExecutionContext, words: string, shown: RegExp, more: object = {}): Promise<string> {
  const typed = `stty rows 20 cols 200; exec ${process.execPath} ${CLI} ${words}`
  const running = start('script', ['-qec', typed, '/dev/null'], { env: { ...env, ...more }, input: 'pipe' })
  return textOf(t, running, shown)
}

async function inPipe(t: ExecutionContext, words: string, shown: RegExp): Promise<string> {
  return textOf(t, start(process.execPath, [CLI, ...words.split(' ')], { env }), shown)
}

async function textOf(t: ExecutionContext, running: Running, shown: RegExp): Promise<string> {
  // Whatever happens, none is left that goes on.
  t.teardown(() => running.process.kill('SIGKILL'))
  await running.printed(shown, 60_000)
  running.process.kill('SIGKILL')
  return running.stdout()
}

interface Case {
  words: string
  /** All of it that is coloured. */
  shown: RegExp
  coloured: string
}

function cases({ apiSocket }: DaemonProcess): Case[] {
  const daemon = `--api-socket ${apiSocket}`
  return [
    { words: `ps ${daemon}`, shown: /running\S* [^\n]*\n/, coloured: `  ${GREEN}running\u001b[39m  ` },
    { words: `describe web ${daemon}`, shown: /State: [^\n]*\n/, coloured: ` ${GREEN}running\u001b[39m\r\n` },
    { words: `events ${daemon}`, shown: /getppid[^\n]*\n/, coloured: ` = ${RED}EPERM\u001b[39m  [` },
    { words: `top ${daemon}`, shown: /running\S* [^\n]*\n/, coloured: `  ${GREEN}running\u001b[39m  ` },
  ]
}

test('states and answers are coloured on a terminal, and neither with NO_COLOR nor in a pipe', async t => {
  t.timeout(170_000)
  for (const { words, shown, coloured } of cases(await busy(t))) {
    const text = await onTerminal(t, words, shown)
    t.true(hasColor(text) && text.includes(coloured), `${words}: ${JSON.stringify(text)}`)
    t.false(hasColor(await onTerminal(t, words, shown, { NO_COLOR: '1' })), words)
    t.false(hasColor(await onTerminal(t, words, shown, { TERM: 'dumb' })), words)
    t.false((await inPipe(t, words, shown)).includes('\u001b'), words)
  }
})
