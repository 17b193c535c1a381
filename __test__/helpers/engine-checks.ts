/** Cases with one container engine: skipped with a reason where it is missing, recorded for the matrix where it is not. */

import test, { type ExecutionContext } from 'ava'
import { recordExercise, type Need, type Part } from './needs.ts'

export type Check = (title: string, body: (t: ExecutionContext) => Promise<void>) => void

/** Cases run one after the other: an engine and its containers keep a processor busy. */
export function checksWith(part: Part, need: Need): Check {
  return (title, body) => {
    const full = `${part}: ${title}`
    if (!need.usable) {
      recordExercise({ part, title, outcome: 'skip', reason: need.reason })
      test.skip(full, body)
      return
    }
    test.serial(full, async t => {
      t.timeout(170_000)
      // Teardowns run when the outcome is known.
      t.teardown(() => recordExercise({ part, title, outcome: t.passed ? 'pass' : 'fail' }))
      await body(t)
    })
  }
}
