/** The real addon with a supervisor that takes its time between receiving and answering. */

import { loadNative, type Native, type Supervisor } from '../../ts/native.ts'

export interface SlowNative {
  native: Native
  /** The one that was made last. */
  supervisor(): Supervisor
}

export function createSlowNative(delayUs: number): SlowNative {
  const addon = loadNative()
  const made: Supervisor[] = []
  class Slow extends addon.Supervisor {
    constructor(options: ConstructorParameters<typeof addon.Supervisor>[0], wake: () => void) {
      super({ ...options, testDelayUs: delayUs }, wake)
      made.push(this)
    }
  }
  return {
    native: { ...addon, Supervisor: Slow },
    supervisor() {
      const last = made.at(-1)
      if (last === undefined) throw new Error('no supervisor was made')
      return last
    },
  }
}
