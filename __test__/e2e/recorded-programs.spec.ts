/** Real programs in containers that have what was recorded of them as their profile, and nothing else. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { start, type Finished, type Running } from '../helpers/child.ts'
import type { Profile, RuntimeName, Runtimes } from '../helpers/containers.ts'
import { CLI } from '../helpers/daemon-process.ts'
import { hostFolders } from '../helpers/host-folders.ts'
import { assertInstalled, freePort, programFolders, recordedPrograms } from '../helpers/recorded-programs.ts'
import type { RecordedProgram } from '../helpers/recorded-programs.ts'
import { checksUnder } from '../helpers/runtime-checks.ts'

const DEADLINE_MS = 60_000
/** Whoever records does so until nothing new comes. */
const [LEAST_RUNS, MOST_RUNS] = [2, 8]

let containers = 0

function define(runtime: RuntimeName): void {
  const { check, createPlace } = checksUnder(runtime)

  for (const program of recordedPrograms) {
    check(`what was recorded for it is enough: ${program.title}`, async t => {
      assertInstalled(program)
      const runtimes = createPlace(t)
      const { profile, ...recorded } = await recordUntilKnown(t, program, runtime, runtimes.folder)
      const contained = await runContained(program, runtimes, profile)
      t.is(contained.code, program.code, contained.stderr)
      t.is(contained.stdout, recorded.stdout)
    })
  }
}

async function recordUntilKnown(t: ExecutionContext, program: RecordedProgram, runtime: RuntimeName, folder: string) {
  const output = join(folder, 'p.json')
  let recorded: Finished | undefined
  for (let run = 1; run <= MOST_RUNS; run++) {
    recorded = await recordOnce(program, ['--append', '--for', runtime, '-o', output], folder)
    t.is(recorded.code, program.code, recorded.stderr)
    if (run >= LEAST_RUNS && recorded.stderr.includes('this one added nothing')) break
  }
  return { profile: JSON.parse(readFileSync(output, 'utf8')) as Profile, stdout: recorded?.stdout ?? '' }
}

async function recordOnce({ words, serve }: RecordedProgram, options: string[], folder: string): Promise<Finished> {
  const port = await freePort()
  const args = [CLI, 'record', ...options, '--', ...words(port)]
  const env = { ...process.env, TMPDIR: folder }
  const running = start(process.execPath, args, { env, deadlineMs: DEADLINE_MS })
  await served(running, serve?.(port), async () => void running.process.kill('SIGTERM'))
  return running.finished
}

async function runContained({ words, serve }: RecordedProgram, runtimes: Runtimes, profile: Profile) {
  const port = await freePort()
  const folders = [...hostFolders(), ...programFolders()]
  const id = `recorded-${process.pid}-${containers++}`
  const running = runtimes.run(id, runtimes.bundle({ args: words(port), profile, folders }), DEADLINE_MS)
  await served(running, serve?.(port), () => runtimes.kill(id, 'TERM'))
  return running.finished
}

/** A server that ended before it was asked to has said why. */
async function served({ finished }: Running, serving: Promise<void> | undefined, stop: () => Promise<void>) {
  if (serving === undefined) return
  const ended = finished.then(({ code, stderr }) => Promise.reject(new Error(`it ended with ${code}: ${stderr}`)))
  await Promise.race([serving, ended])
  ended.catch(() => {})
  await stop()
}

define('runc')
define('crun')
