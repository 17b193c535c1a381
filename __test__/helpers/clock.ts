/** Time that moves only when a test says so. */

import type { Clock } from '../../ts/clock.ts'

export interface TestClock extends Clock {
  /** Runs what falls due on the way, in order. */
  advance(byMs: number): void
  /** As `advance`, and lets promises settle at each step. */
  pass(byMs: number): Promise<void>
  /** Timers that were set and neither ran nor were cancelled. */
  pending(): number
  held(): number
}

interface Timer {
  atMs: number
  run: () => void
}

const STARTED_AT = Date.UTC(2026, 0, 1)
const BOOTED_MS = 1_000_000

export function createClock(): TestClock {
  const timers = new Set<Timer>()
  let nowMs = BOOTED_MS
  let holds = 0

  function next(untilMs: number): Timer | undefined {
    const due = [...timers].filter(({ atMs }) => atMs <= untilMs)
    return due.toSorted((a, b) => a.atMs - b.atMs)[0]
  }

  function step(untilMs: number): boolean {
    const timer = next(untilMs)
    if (timer === undefined) return false
    timers.delete(timer)
    nowMs = Math.max(nowMs, timer.atMs)
    timer.run()
    return true
  }

  return {
    nowMs: () => nowMs,
    wallMs: () => STARTED_AT + nowMs - BOOTED_MS,
    setTimer(run, delayMs) {
      const timer = { atMs: nowMs + Math.max(delayMs, 0), run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    hold() {
      holds += 1
      return () => void (holds -= 1)
    },
    advance(byMs) {
      const untilMs = nowMs + byMs
      while (step(untilMs));
      nowMs = untilMs
    },
    async pass(byMs) {
      const untilMs = nowMs + byMs
      await settle()
      while (step(untilMs)) await settle()
      nowMs = untilMs
    },
    pending: () => timers.size,
    held: () => holds,
  }
}

/** Long enough for a chain of promises, without any timer of the tested code. */
export function settle(): Promise<void> {
  return new Promise(resolve => void setImmediate(() => void setImmediate(resolve)))
}
