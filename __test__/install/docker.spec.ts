import test from 'ava'
import { apply, undo } from '../../ts/install/changes.ts'
import { docker } from '../../ts/install/engines/docker.ts'
import { json } from '../../ts/install/json.ts'
import { sample, withCrlf } from '../helpers/engine-config.ts'

const HANDLER = { name: 'notifyd', folder: '/usr/libexec/seccomp-notifyd', isDefault: true }

const install = (text: string) => apply(json, text, docker.changes(json.parse(text), HANDLER, { runtimes: ['runc'] }))

test('order, indentation and numbers of the file are kept', t => {
  const before = sample('daemon.json')
  const { text, done } = install(before)
  const after = before
    .replace(
      '            "runtimeArgs": []\n        }\n',
      '            "runtimeArgs": []\n        },\n        "notifyd": {\n            "path": "/usr/libexec/seccomp-notifyd/runc"\n        }\n',
    )
    .replace('"default-runtime": "nvidia"', '"default-runtime": "notifyd"')
  t.is(text, after)
  t.is(undo(json, text, done), before)
})

test('a file that is empty or not there becomes one', t => {
  t.is(
    install('').text,
    '{\n  "default-runtime": "notifyd",\n  "runtimes": {\n    "notifyd": {\n      "path": "/usr/libexec/seccomp-notifyd/runc"\n    }\n  }\n}\n',
  )
  t.is(install('  \n').text, install('').text)
})

test('ends of lines and tabs are kept', t => {
  t.is(install(withCrlf(sample('daemon.json'))).text, withCrlf(install(sample('daemon.json')).text))
  t.true(
    install('{\n\t"debug": true\n}').text.endsWith(
      '\n\t"runtimes": {\n\t\t"notifyd": {\n\t\t\t"path": "/usr/libexec/seccomp-notifyd/runc"\n\t\t}\n\t}\n}',
    ),
  )
})

test('only our entries are taken out of what others have changed since', t => {
  const { text, done } = install('{\n  "debug": true\n}\n')
  const edited = text.replace('"debug": true', '"debug": false,\n  "ipv6": true')
  t.is(undo(json, edited, done), '{\n  "debug": false,\n  "ipv6": true\n}\n')
})

test('what is no JSON object is refused with its place', t => {
  const refused = (text: string, message: RegExp) => t.throws(() => install(text), { code: 'ERR_INSTALL', message })
  refused('{\n  "debug": true,\n}\n', /^it is no JSON: line 3, column 1: /)
  refused('{ // mine\n}', /^it is no JSON: line 1, column 3: InvalidCommentToken$/)
  refused('\n[]', /^it is no JSON: line 2, column 1: expected is an object$/)
  refused('{"runtimes": []}', /^runtimes\.notifyd cannot be changed in the way/)
})

test('a key that is given twice is refused where ours would be read from the other', t => {
  t.throws(() => install('{"runtimes": {}, "runtimes": {"a": {"path": "/a"}}}'), { code: 'ERR_INSTALL' })
})
