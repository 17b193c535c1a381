/** How the addon is to supervise, from the configuration. */

import type { Config } from './config/schema.ts'
import { defaultAnswer } from './handover.ts'
import { inspectionOf } from './inspection.ts'
import type { SupervisorOptions } from './native.ts'

const RING_EVENTS = 65_536

export function supervisorOptions(config: Config): SupervisorOptions {
  const { maxListeners, handoverTimeoutMs } = config.listener
  return {
    answer: defaultAnswer(config),
    mayContinue: config.containersMay.includes('continue'),
    ringEvents: RING_EVENTS,
    handoverTimeoutMs,
    ...(maxListeners === null ? {} : { maxListeners }),
    ...inspectionOf(config.detail),
  }
}
