/** PURE: reads what a former daemon has written of a container, strictly. */

import * as v from 'valibot'
import type { SavedContainer } from './saved-container.ts'

const text = v.string()
const whole = v.pipe(v.number(), v.integer(), v.minValue(0))
const at = v.pipe(v.number(), v.finite(), v.minValue(0))

const savedSchema = v.strictObject({
  v: v.literal(1),
  key: v.pipe(text, v.regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}$/)),
  id: text,
  name: text,
  workload: text,
  bundle: text,
  init: v.nullable(v.strictObject({ pid: whole, startTicks: whole })),
  verified: v.boolean(),
  requested: v.strictObject({
    action: v.optional(v.picklist(['log', 'stop'])),
    answer: v.optional(v.picklist(['profile', 'continue'])),
    ignore: v.optional(v.array(text)),
    probes: v.optional(v.picklist(['ignore', 'count'])),
    debounceMs: v.optional(whole),
    maxDelayMs: v.optional(whole),
    errno: v.optional(v.pipe(text, v.regex(/^E[A-Z0-9]{1,30}$/))),
  }),
  warnings: v.array(text),
  message: v.nullable(text),
  startedAtMs: at,
  calls: v.array(
    v.strictObject({
      key: text,
      syscall: text,
      abi: text,
      number: v.pipe(v.number(), v.integer()),
      verdict: text,
      phase: v.picklist(['init', 'run']),
      count: v.pipe(whole, v.minValue(1)),
      firstAtMs: at,
      lastAtMs: at,
    }),
  ),
  incidents: v.array(
    v.strictObject({
      startedAt: text,
      endedAt: text,
      message: text,
      outcome: v.picklist(['stopped', 'logged', 'stop failed', 'latched']),
    }),
  ),
  incidentsTotal: whole,
  watch: v.nullable(
    v.strictObject({
      told: v.array(v.strictTuple([text, whole])),
      toldAtMs: at,
      span: v.nullable(v.strictObject({ firstAtMs: at, lastAtMs: at })),
      triedToStop: v.boolean(),
    }),
  ),
  listeners: v.array(text),
})

/** @throws Error for anything but what `toSaved` makes. */
export function parseSaved(json: string): SavedContainer {
  const result = v.safeParse(savedSchema, JSON.parse(json))
  if (result.success) return result.output as SavedContainer
  throw new Error(result.issues.map(({ message }) => message).join('; '))
}
