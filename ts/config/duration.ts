/** PURE. Durations as people write them (`5s`, `500ms`, `2m`) to milliseconds and back. */

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/

/** Timers of Node hold a signed 32-bit number of milliseconds; a longer delay would fire at once. */
export const longestMs = 2 ** 31 - 1

/** Milliseconds, or undefined for anything but digits followed by a unit. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = pattern.exec(text) ?? []
  if (digits === undefined || unit === undefined) return undefined
  return Math.round(Number(digits) * unitMs[unit as keyof typeof unitMs])
}

/** The largest unit that loses nothing: 90000 is `90s`, 120000 is `2m`. */
export function formatDuration(durationMs: number): string {
  const unit = (['h', 'm', 's'] as const).find(name => durationMs > 0 && durationMs % unitMs[name] === 0)
  if (durationMs === 0) return '0s'
  return unit === undefined ? `${durationMs}ms` : `${durationMs / unitMs[unit]}${unit}`
}
