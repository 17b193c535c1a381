/** PURE: what a container may ask for, whoever tells it; not yet granted. */

import { longestMs } from './config/duration.ts'

export interface Wishes {
  action?: 'log' | 'stop'
  answer?: 'profile' | 'continue'
  ignore?: string[]
  debounceMs?: number
  failurePolicy?: 'open' | 'closed'
}
export type Setting = keyof Wishes

/** What one source says. A setting in `invalid` was given with an unknown value and ends the search for it. */
export interface Reading {
  wishes: Wishes
  invalid: Setting[]
  /** Where each wish stands, in words. */
  source: (setting: Setting) => string
  warnings: string[]
}

export const MOST_NAMES = 512

export function areNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MOST_NAMES && value.every(isName)
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z_][a-z0-9_]{0,63}$/.test(value)
}

export function isDelay(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= longestMs
}

/** A hostile value for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text)
}
