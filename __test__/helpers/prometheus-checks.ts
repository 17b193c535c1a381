/** Cases with a real Prometheus: skipped with a reason where there is none, recorded for the matrix where there is. */

import test, { type ExecutionContext } from 'ava'
import { recordExercise } from './needs.ts'
import { needPrometheus } from './prometheus.ts'

type Body = (t: ExecutionContext) => Promise<void>

const need = needPrometheus()

/** `declare` declares the test where there is a Prometheus: another kind of check, for a test that needs more. */
export function checkWithPrometheus(
  title: string,
  body: Body,
  declare: (title: string, body: Body) => void = test,
): void {
  if (!need.usable) {
    recordExercise({ part: 'prometheus', title, outcome: 'skip', reason: need.reason })
    test.skip(`${title} (${need.reason})`, body)
    return
  }
  declare(title, async t => {
    t.timeout(120_000)
    t.teardown(() => recordExercise({ part: 'prometheus', title, outcome: t.passed ? 'pass' : 'fail' }))
    await body(t)
  })
}
