/** Containers that run with a recorded profile and nothing else. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cli } from '../helpers/cli.ts'
import type { Profile, RuntimeName } from '../helpers/containers.ts'
import { guest } from '../helpers/guests.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const SCRIPT = 'cd /tmp; echo x > a; sort a | uniq -c; (exit 4); e=$?; rm a; exit $e'

function define(runtime: RuntimeName): void {
  const { check, createPlace } = checksUnder(runtime)

  for (const [title, seen, args, code] of [
    ['a script of busybox', ['busybox', 'sh', '-c', SCRIPT], ['busybox', 'sh', '-c', SCRIPT], 4],
    ['threads and descendants', [guest('calls-in-many-places')], ['calls-in-many-places'], 3],
  ] as const) {
    for (const noNewPrivileges of [true, false]) {
      check(`what was recorded for it runs: ${title}, noNewPrivileges ${noNewPrivileges}`, async t => {
        const runtimes = createPlace(t, ['calls-in-many-places'])
        const file = join(runtimes.folder, 'p.json')
        const recorded = await cli(['record', '--for', runtime, '-o', file, '--', ...seen])
        t.is(recorded.code, code, recorded.stderr)
        const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
        const started = await runtimes.run('recorded', runtimes.bundle({ args: [...args], profile, noNewPrivileges }))
          .finished
        t.is(started.code, code, started.stderr)
        t.deepEqual(started.stdout.split('\n').toSorted(), recorded.stdout.split('\n').toSorted())
      })
    }
  }

  check('a call that was not recorded is denied', async t => {
    const runtimes = createPlace(t)
    const file = join(runtimes.folder, 'p.json')
    await cli(['record', '--for', runtime, '-o', file, '--', 'busybox', 'sh', '-c', 'echo x'])
    const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
    const bundle = runtimes.bundle({ args: ['busybox', 'sh', '-c', 'mkdir /tmp/made && echo made'], profile })
    const { code, stdout } = await runtimes.run('denied', bundle).finished
    t.not(code, 0)
    t.is(stdout, '')
  })
}

define('runc')
define('crun')
