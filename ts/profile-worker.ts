/** The other side of `profile-work.ts`: takes an order, answers, and waits to be ended. */

import { loadNative } from './native.ts'
import type { Order, Outcome } from './profile-work.ts'

// Whoever gave the order may be gone while libseccomp does not return.
loadNative().endWithParent()
// Listening for more keeps the process: its end may be told before its answer is read.
process.on('message', (order: Order) => process.send?.(work(order)))

function work({ name, args }: Order): Outcome {
  try {
    const native = loadNative()
    return { value: Reflect.apply(native[name], native, args) }
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    return code === undefined ? { message } : { code, message }
  }
}
