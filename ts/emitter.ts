/** Typed events whose subscribers cannot break what they listen to. */

import { EventEmitter } from 'node:events'

type EventMap<T> = Record<keyof T, unknown[]>

export class Emitter<T extends EventMap<T>> extends EventEmitter<T> {
  /** As `emit`, but an exception of a subscriber becomes an uncaught one instead of the caller's. */
  tell<K extends keyof T & string>(name: K, ...values: T[K]): void {
    try {
      EventEmitter.prototype.emit.call(this, name, ...values)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
