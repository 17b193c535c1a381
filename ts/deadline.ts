/** Work that cannot be taken back once it has begun: little of it at once, and nobody waits for it longer than its time. */

export type WithinDeadline = <T>(what: string, work: () => Promise<T>) => Promise<T>

/** Work under way counts until it ends, though nobody may wait for it any more; what has not begun in its time never does. */
export function createDeadline(mostAtOnce: number, deadlineMs: number): WithinDeadline {
  const waiting = new Set<() => void>()
  let underWay = 0

  function next(): void {
    const [begin] = waiting
    if (begin === undefined || underWay >= mostAtOnce) return
    waiting.delete(begin)
    underWay += 1
    begin()
  }

  function done(): void {
    underWay -= 1
    next()
  }

  return (what, work) =>
    new Promise((resolve, reject) => {
      const fail = (cause: unknown) => reject(new Error(`could not ${what}`, { cause }))
      const timer = setTimeout(() => {
        waiting.delete(begin)
        fail(new Error(`it took longer than ${deadlineMs} ms`))
      }, deadlineMs)
      const begin = () =>
        void work()
          .then(resolve, fail)
          .finally(() => {
            clearTimeout(timer)
            done()
          })
      waiting.add(begin)
      next()
    })
}
