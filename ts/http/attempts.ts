/** PURE: whether something happened too often of late. */

export interface Attempts {
  add(atMs: number): void
  tooMany(atMs: number): boolean
}

export function createAttempts(most: number, withinMs: number): Attempts {
  let times: number[] = []
  return {
    add: atMs => void (times = [...times, atMs].slice(-most)),
    tooMany: atMs => times.filter(time => atMs - time < withinMs).length >= most,
  }
}
