/** PURE: a queue that forgets its oldest item when it is full. */

export interface Bounded<T> {
  /** True where the oldest item had to go. */
  push(item: T): boolean
  /** Removes up to so many, the oldest first. */
  take(most: number): T[]
  /** All, the oldest first. */
  items(): T[]
  size(): number
}

export function createBounded<T>(capacity: number): Bounded<T> {
  const slots: (T | undefined)[] = []
  let first = 0
  let size = 0

  function push(item: T): boolean {
    slots[(first + size) % capacity] = item
    if (size < capacity) {
      size += 1
      return false
    }
    first = (first + 1) % capacity
    return true
  }

  function take(most: number): T[] {
    const taken = peek(Math.min(most, size))
    // What was taken is not kept alive by its slot.
    for (let index = 0; index < taken.length; index++) slots[(first + index) % capacity] = undefined
    first = (first + taken.length) % capacity
    size -= taken.length
    return taken
  }

  function peek(count: number): T[] {
    return Array.from({ length: count }, (_, index) => slots[(first + index) % capacity] as T)
  }

  return { push, take, items: () => peek(size), size: () => size }
}
