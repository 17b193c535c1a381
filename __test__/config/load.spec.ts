import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { loadConfig, parseConfig, type Override } from '../../ts/config/load.ts'
import type { Config } from '../../ts/config/schema.ts'

const surroundings = { uid: 0, env: {} }
const dir = mkdtempSync(join(tmpdir(), 'config-'))
let files = 0

function load(text: string, overrides: Override[] = []): Config {
  const file = join(dir, `${++files}.yaml`)
  writeFileSync(file, text)
  return loadConfig({ file, overrides, surroundings })
}

/** The error's lines, with the file's folder and number taken off. */
function refusal(text: string, overrides: Override[] = [], wanted = 'ERR_CONFIG'): string[] {
  try {
    load(text, overrides)
  } catch (error) {
    const { code, message } = error as Error & { code: string }
    return code === wanted ? message.replaceAll(join(dir, `${files}.yaml`), 'config.yaml').split('\n') : [code]
  }
  return []
}

test('an empty file gives the documented defaults', t => {
  t.deepEqual(load('# nothing\n'), {
    listener: { socket: '/run/seccomp-notifyd/listener.sock', handoverTimeoutMs: 10_000, maxListeners: null },
    http: {
      address: '127.0.0.1:9797',
      socket: '/run/seccomp-notifyd/api.sock',
      tokenFile: null,
      requestBurst: 200,
      requestsPerSecond: 50,
    },
    stateDir: '/var/lib/seccomp-notifyd',
    policy: {
      action: 'log',
      answer: 'profile',
      errno: 'ENOSYS',
      ignore: [],
      probes: 'ignore',
      debounceMs: 5000,
      maxDelayMs: 30_000,
    },
    detail: { calls: 'first', patienceMs: 100, backtraces: false },
    containersMay: ['log', 'ignore', 'debounce'],
    storm: { stops: 3, withinMs: 600_000 },
    metrics: { crioForm: 'syscalls', retentionMs: 300_000, maxSyscalls: 500, maxContainers: 1000 },
    history: { maxContainers: 1000 },
    recordings: { maxNames: 100 },
    log: { level: 'info' },
  })
})

test('settings of the file are taken, the others keep their defaults', t => {
  const { policy, http } = load('policy: {action: stop, ignore: [clone3], debounce: 1500ms}\nhttp:\n  address: off\n')
  t.is(policy.action, 'stop')
  t.deepEqual(policy.ignore, ['clone3'])
  t.is(policy.debounceMs, 1500)
  t.is(policy.maxDelayMs, 30_000)
  t.is(http.address, null)
})

test('JSON is read too', t => t.is(load('{"policy": {"action": "stop"}}').policy.action, 'stop'))

test('the configuration is frozen to its leaves', t => {
  const config = load('')
  t.throws(
    () => {
      config.policy.action = 'stop'
    },
    { instanceOf: TypeError },
  )
  t.throws(
    () => {
      config.policy.ignore.push('x')
    },
    { instanceOf: TypeError },
  )
})

test('a flag wins over the file', t => {
  const overrides = [{ setting: 'policy.action', flag: '--action', value: 'stop' }]
  t.is(load('policy: {action: log}', overrides).policy.action, 'stop')
})

test('a wrong flag is named as the source', t => {
  const overrides = [{ setting: 'policy.action', flag: '--action', value: 'halt' }]
  const text = '--action: "halt" is not an action; accepted: log, stop'
  t.deepEqual(refusal('policy: {action: log}', overrides, 'ERR_USAGE'), [text])
})

test('a file that is wrong beside a flag is a wrong configuration', t => {
  const overrides = [{ setting: 'policy.action', flag: '--action', value: 'halt' }]
  t.deepEqual(refusal('log: {level: loud}', overrides), [
    '--action: "halt" is not an action; accepted: log, stop',
    'config.yaml:1:14: log.level: "loud" is not a level; accepted: debug, info, warn, error, silent',
  ])
})

const wrong: Record<string, [text: string, ...lines: string[]]> = {
  'an unknown word is refused with those accepted': [
    'policy:\n  action: halt\n',
    'config.yaml:2:11: policy.action: "halt" is not an action; accepted: log, stop',
  ],
  'letter case and spaces count in a word': [
    'policy:\n  action: "Stop "\n',
    'config.yaml:2:11: policy.action: "Stop " is not an action; accepted: log, stop; did you mean stop?',
  ],
  'an unknown setting is refused at its key with the one that was meant': [
    'policy:\n  actoin: stop\n',
    'config.yaml:2:3: policy.actoin: unknown setting; accepted: action, answer, errno, ignore, probes, debounce, maxDelay; did you mean action?',
  ],
  'an unknown section is refused': [
    'policies: {}\n',
    'config.yaml:1:1: policies: unknown setting; accepted: listener, http, stateDir, policy, detail, containersMay, storm, metrics, history, recordings, log',
  ],
  'a prototype is an unknown setting': [
    '__proto__: {a: 1}\n',
    'config.yaml:1:1: __proto__: unknown setting; accepted: listener, http, stateDir, policy, detail, containersMay, storm, metrics, history, recordings, log',
  ],
  'a key that is given twice is refused': [
    'policy: {}\nlog: {}\npolicy: {}\n',
    'config.yaml:3:1: "policy" is given twice',
  ],
  'a missing value is refused': [
    'policy:\n  action:\n',
    'config.yaml:2:10: policy.action: an empty value is not an action; accepted: log, stop',
  ],
  'an empty section is refused': [
    'storm:\n',
    'config.yaml:1:7: storm: an empty value is not a mapping; accepted: stops, within',
  ],
  'a list in place of a section is refused': [
    'storm: []\n',
    'config.yaml:1:8: storm: a list is not a mapping; accepted: stops, within',
  ],
  'a duration without unit is refused': [
    'policy:\n  debounce: 5\n',
    'config.yaml:2:13: policy.debounce: 5 has no unit; accepted: a number with ms, s, m or h, such as 500ms, 5s or 2m',
  ],
  'a duration that is none is refused': [
    'policy:\n  debounce: soon\n',
    'config.yaml:2:13: policy.debounce: "soon" is not a duration; accepted: a number with ms, s, m or h, such as 500ms, 5s or 2m',
  ],
  'a duration that a timer cannot hold is refused': [
    'policy: {maxDelay: 999h}\n',
    'config.yaml:1:20: policy.maxDelay: "999h" is too long; the most is 2147483647ms',
  ],
  'a duration below its least is refused': [
    'storm: {within: 1ms}\n',
    'config.yaml:1:17: storm.within: "1ms" is too short; the least is 1s',
  ],
  'a text in place of a number is refused': [
    'storm: {stops: "3"}\n',
    'config.yaml:1:16: storm.stops: "3" is not a whole number from 1 to 1000',
  ],
  'a fraction in place of a whole number is refused': [
    'history: {maxContainers: 1.5}\n',
    'config.yaml:1:26: history.maxContainers: 1.5 is not a whole number from 1 to 1000000',
  ],
  'a word in place of a list is refused': [
    'policy: {ignore: clone3}\n',
    'config.yaml:1:18: policy.ignore: "clone3" is not a list; accepted: a list such as [a, b]',
  ],
  'a wrong element of a list is refused where it is': [
    'policy:\n  ignore:\n    - clone3\n    - Mkdir\n',
    'config.yaml:4:7: policy.ignore[1]: "Mkdir" is not a syscall name; accepted: names as in a profile, such as clone3',
  ],
  'an unknown permission is refused': [
    'containersMay: [stop]\n',
    'config.yaml:1:17: containersMay[0]: "stop" is not a permission; accepted: log, ignore, debounce, continue',
  ],
  'an unknown errno is refused': [
    'policy: {errno: EPREM}\n',
    'config.yaml:1:17: policy.errno: "EPREM" is not an errno name; accepted: names of errno(3), such as EPERM; did you mean EPERM?',
  ],
  'a relative path is refused': [
    'listener: {socket: listener.sock}\n',
    'config.yaml:1:20: listener.socket: "listener.sock" is not an absolute path; it must begin with /',
  ],
  'a socket path beyond sun_path is refused with the limit': [
    `http: {socket: /${'x'.repeat(107)}}\n`,
    'config.yaml:1:16: http.socket: the path has 108 bytes; the most is 107 (sun_path of unix(7))',
  ],
  'a path is measured in bytes': [
    `http: {socket: /${'é'.repeat(54)}}\n`,
    'config.yaml:1:16: http.socket: the path has 109 bytes; the most is 107 (sun_path of unix(7))',
  ],
  'a limit of no requests is refused': [
    'http: {requestBurst: 0}\n',
    'config.yaml:1:22: http.requestBurst: 0 is not a whole number from 1 to 1000000',
  ],
  'a part of a request a second is refused': [
    'http: {requestsPerSecond: 0.5}\n',
    'config.yaml:1:27: http.requestsPerSecond: 0.5 is not a whole number from 1 to 1000000',
  ],
  'an address without host is refused': [
    'http: {address: ":9797"}\n',
    'config.yaml:1:17: http.address: ":9797" is not an address; accepted: host:port, such as 127.0.0.1:9797 or [::1]:9797, or off',
  ],
  'a port beyond 65535 is refused': [
    'http: {address: "127.0.0.1:70000"}\n',
    'config.yaml:1:17: http.address: "127.0.0.1:70000" is not an address; accepted: host:port, such as 127.0.0.1:9797 or [::1]:9797, or off',
  ],
  'a bound below the debounce is refused': [
    'policy: {maxDelay: 2s}\n',
    'config.yaml:1:20: policy.maxDelay: 2s is shorter than policy.debounce; the least is 5s',
  ],
  'a bound below a longer debounce is refused although it is a default': [
    'policy: {debounce: 1m}\n',
    'config.yaml:1:9: policy.maxDelay: 30s is shorter than policy.debounce; the least is 1m',
  ],
  'one path for both sockets is refused': [
    'http: {socket: /a}\nlistener: {socket: /a}\n',
    'config.yaml:1:16: http.socket: is the path of listener.socket too; give each its own',
  ],
  'an unclosed bracket is refused with its place': [
    'policy: {action: stop\n',
    'config.yaml:2:1: flow map in block collection must be sufficiently indented and end with a }',
  ],
  'a tab as indentation is refused': [
    'policy:\n\taction: stop\n',
    'config.yaml:2:1: tabs are not allowed as indentation',
  ],
  'a second document is refused': [
    'log: {}\n---\nlog: {}\n',
    'config.yaml:2:1: a second document begins here; accepted: one',
  ],
  'an unknown tag is refused': ['log: !x {}\n', 'config.yaml:1:6: unresolved tag: !x'],
  'a list as the whole file is refused': [
    '- a\n',
    'config.yaml:1:1: a list is not a mapping; accepted: listener, http, stateDir, policy, detail, containersMay, storm, metrics, history, recordings, log',
  ],
  'a wrong value behind an alias is refused where it stands': [
    'policy: {action: &x halt}\nlog: {level: *x}\n',
    'config.yaml:1:21: policy.action: "halt" is not an action; accepted: log, stop',
    'config.yaml:2:14: log.level: "halt" is not a level; accepted: debug, info, warn, error, silent',
  ],
  "all errors are reported, in the file's order": [
    'storm: {stops: 0}\npolicy: {action: halt}\n',
    'config.yaml:1:16: storm.stops: 0 is not a whole number from 1 to 1000',
    'config.yaml:2:18: policy.action: "halt" is not an action; accepted: log, stop',
  ],
  'control characters of a value do not reach the terminal': [
    'policy: {action: "\\e[2J\\u202e"}\n',
    'config.yaml:1:18: policy.action: "\\u001b[2J?" is not an action; accepted: log, stop',
  ],
}

for (const [claim, [text, ...lines]] of Object.entries(wrong)) {
  test(claim, t => t.deepEqual(refusal(text), lines))
}

test('aliases that multiply beyond bounds are refused', t => {
  const bomb = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...'bcdefgh'.split('').map((name, index) => {
      const before = 'abcdefgh'[index]
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`
    }),
  ].join('\n')
  t.regex(refusal(bomb)[0]!, /^config\.yaml:1:1: excessive alias count/)
})

test('a file that cannot be read is named', t => {
  t.throws(() => loadConfig({ file: '/nonexistent/c.yaml', surroundings }), {
    code: 'ERR_CONFIG',
    message: 'could not read the configuration file /nonexistent/c.yaml',
  })
})

test('an object is checked like a file, without places', t => {
  t.is(parseConfig({ policy: { action: 'stop' } }, surroundings).policy.action, 'stop')
  t.throws(() => parseConfig({ policy: { debounce: 5 as unknown as string } }, surroundings), {
    code: 'ERR_CONFIG',
    message: 'policy.debounce: 5 has no unit; accepted: a number with ms, s, m or h, such as 500ms, 5s or 2m',
  })
})

test('a file that is no configuration at all is refused in a few short lines', t => {
  const lines = refusal('# A page\n\nText: with: colons\n\n```\n- [x\n'.repeat(100) + `"${'x'.repeat(5000)}`)
  t.is(lines.length, 11)
  t.regex(lines.at(-1)!, /^and \d+ more problems$/)
  for (const line of lines) t.true(line.length < 220, line)
})
