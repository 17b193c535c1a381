/** A wrong command line: what is said of it, and the exit code. */

import test from 'ava'
import { cli } from '../helpers/cli.ts'

const DURATION = 'accepted: a number with ms, s, m or h, such as 500ms, 5s or 2m, up to 2147483647ms'

/** Command line, exit code, and what the only line on stderr says behind the prefix. */
const REFUSALS: [line: string, code: number, text: string][] = [
  [
    'ps --jso',
    2,
    "unknown option '--jso'; accepted: --name, --namespace, --pod, --image, --engine, --api-socket, --config, --json, --help; did you mean --json?",
  ],
  [
    'ps extra',
    2,
    "too many arguments for 'ps': expected 0 arguments but got 1; accepted: seccomp-notifyd ps [options]",
  ],
  ['completion tcsh', 2, "command-argument value 'tcsh' is invalid for argument 'shell'; accepted: bash, zsh, fish"],
  ['describe', 2, "missing required argument 'id'; accepted: seccomp-notifyd describe [options] <id>"],
  ['serve --config', 2, "option '--config <file>' argument missing"],
  ['serve --action halt', 2, '--action: "halt" is not an action; accepted: log, stop'],
  ['serve --listener-socket l.sock', 2, '--listener-socket: "l.sock" is not an absolute path; it must begin with /'],
  [
    'run --action stp --deny chroot -- true',
    125,
    "option '--action <action>' argument 'stp' is invalid; accepted: log, stop; did you mean stop?",
  ],
  ['run --debounce 5 --deny chroot -- true', 125, `option '--debounce <time>' argument '5' is invalid; ${DURATION}`],
  [
    'run --max-delay 999h --deny chroot -- true',
    125,
    `option '--max-delay <time>' argument '999h' is invalid; ${DURATION}`,
  ],
  [
    'run --deny chroot --',
    125,
    "missing required argument 'command'; accepted: seccomp-notifyd run [options] -- COMMAND [ARGUMENT...]",
  ],
  ['run -- true', 125, 'run needs exactly one of --profile FILE and --deny CALL[,CALL...]'],
]

for (const [line, code, text] of REFUSALS) {
  test(`refused: ${line}`, async t => {
    const found = await cli(line.split(' '))
    t.deepEqual(found, { code, stdout: '', stderr: `seccomp-notifyd: ${text}\n` })
  })
}

test('an unknown option is answered with those there are', async t => {
  const { stdout: help } = await cli(['run', '--help'])
  const names = [...help.matchAll(/^ {2}(?:-h, )?(--[a-z-]+)/gm)].map(([, name]) => name)
  t.true(['--profile', '--deny', '--action', '--report', '--help'].every(name => names.includes(name)))
  const text = `accepted: ${names.join(', ')}`
  t.like(await cli(['run', '--bogus', '--', 'true']), {
    code: 125,
    stderr: `seccomp-notifyd: unknown option '--bogus'; ${text}\n`,
  })
  t.like(await cli(['run', '--actoin', 'stop', '--', 'true']), {
    code: 125,
    stderr: `seccomp-notifyd: unknown option '--actoin'; ${text}; did you mean --action?\n`,
  })
})

/** The names of all commands, as an unknown one is answered. */
async function commandNames(): Promise<string[]> {
  const { stderr } = await cli(['bogus'])
  return /accepted: (.*)\n/.exec(stderr)?.[1]?.split(', ') ?? []
}

test('an unknown command is answered with those there are', async t => {
  const names = await commandNames()
  t.true(['serve', 'run', 'ps', 'describe', 'doctor'].every(name => names.includes(name)))
  t.like(await cli(['runn']), {
    code: 2,
    stderr: `seccomp-notifyd: unknown command 'runn'; accepted: ${names.join(', ')}; did you mean run?\n`,
  })
})

test('no command at all, or help for an unknown one, shows the help on stderr and what is missing last', async t => {
  const accepted = (await commandNames()).join(', ')
  for (const [args, text] of [
    [[], 'a command is missing'],
    [['help', 'bogus'], "unknown command 'bogus'"],
  ] as const) {
    const { code, stdout, stderr } = await cli(args)
    t.is(code, 2)
    t.is(stdout, '')
    t.regex(stderr, /^Usage: seccomp-notifyd /)
    t.true(stderr.endsWith(`\nseccomp-notifyd: ${text}; accepted: ${accepted}\n`))
  }
})

test('every command refuses an unknown option in the same words', async t => {
  for (const name of await commandNames()) {
    const { code, stderr } = await cli([name, '--no-such-option'])
    t.is(code, ['run', 'verify', 'record'].includes(name) ? 125 : 2, name)
    t.regex(stderr, /seccomp-notifyd: (unknown option '--no-such-option'|a command is missing); accepted: .+\n$/, name)
  }
})
