/** Cases under one real runtime: skipped with a reason where it is missing, recorded for the matrix where it is not. */

import test, { type ExecutionContext } from 'ava'
import { createRuntimes, notifying, type Profile, type RuntimeName, type Runtimes } from './containers.ts'
import { startDaemonFor, type DaemonOptions, type DaemonProcess } from './daemon-process.ts'
import { needRuntime, recordExercise } from './needs.ts'

export interface Setting {
  runtimes: Runtimes
  daemon: DaemonProcess
  /** A profile that notifies our daemon of these calls. */
  profile(names: string[], more?: Partial<Profile>): Profile
}

export interface RuntimeChecks {
  /** Serial ones load the machine or end within a second; the others mostly wait, and do so together. */
  check(title: string, body: (t: ExecutionContext) => Promise<void>, mode?: 'serial' | 'together'): void
  createPlace(t: ExecutionContext, guests?: string[]): Runtimes
  start(t: ExecutionContext, folder: string, options?: DaemonOptions): Promise<DaemonProcess>
  setting(t: ExecutionContext, options?: DaemonOptions, guests?: string[]): Promise<Setting>
}

export function checksUnder(runtime: RuntimeName): RuntimeChecks {
  const need = needRuntime(runtime)

  const check: RuntimeChecks['check'] = (title, body, mode = 'serial') => {
    const full = `${runtime}: ${title}`
    if (!need.usable) {
      recordExercise({ part: runtime, title, outcome: 'skip', reason: need.reason })
      test.skip(full, body)
      return
    }
    const run = mode === 'serial' ? test.serial : test
    run(full, async t => {
      t.timeout(170_000)
      // Teardowns run when the outcome is known.
      t.teardown(() => recordExercise({ part: runtime, title, outcome: t.passed ? 'pass' : 'fail' }))
      await body(t)
    })
  }

  const createPlace: RuntimeChecks['createPlace'] = (t, guests = []) => {
    const runtimes = createRuntimes(runtime, guests)
    t.teardown(() => runtimes.cleanUp())
    return runtimes
  }

  const start: RuntimeChecks['start'] = startDaemonFor

  const setting: RuntimeChecks['setting'] = async (t, options = {}, guests = []) => {
    const runtimes = createPlace(t, guests)
    const daemon = await start(t, runtimes.folder, options)
    return { runtimes, daemon, profile: (names, more) => notifying(names, daemon.listenerSocket, more) }
  }

  return { check, createPlace, start, setting }
}
