/** Time as the parts that act on it are given it, so that a test can hand them another one. */

export interface Clock {
  /** CLOCK_MONOTONIC in milliseconds, as the addon stamps notices and events. */
  nowMs(): number
  /** Milliseconds since 1970. */
  wallMs(): number
  /** Runs once; never keeps the process alive. Returns what cancels it. */
  setTimer(run: () => void, delayMs: number): () => void
  /** Keeps the process alive until the returned function is called. */
  hold(): () => void
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint()) / 1e6,
  wallMs: () => Date.now(),
  setTimer(run, delayMs) {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS)).unref()
    return () => clearTimeout(timer)
  },
  hold() {
    const timer = setInterval(() => {}, LONGEST_TIMER_MS)
    return () => clearInterval(timer)
  },
}

/** A monotonic time as a date. */
export function toTime(clock: Clock): (atMs: number) => string {
  return atMs => new Date(clock.wallMs() - clock.nowMs() + atMs).toISOString()
}
