/** PURE: errno numbers and names of this system. */

import { constants } from 'node:os'

const numbers: Readonly<Record<string, number>> = constants.errno
const names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]))
// Numbers with two names get the one that errno(3) lists first.
for (const name of ['EAGAIN', 'EOPNOTSUPP', 'EDEADLK']) names.set(numbers[name] ?? 0, name)

export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno_${errno}`
}

/** Undefined for an unknown name. */
export function errnoNumber(name: string): number | undefined {
  return Object.hasOwn(numbers, name) ? numbers[name] : undefined
}
