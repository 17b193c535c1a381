/** PURE: what `top` shows by what was typed. */

import type { TopOrder } from '../report/top.ts'

export interface TopView {
  order: TopOrder
  /** A part of the name or id of what is shown. */
  find: string
  /** Keys are letters of `find`. */
  isFinding: boolean
  isLeft: boolean
}

const ORDERS: Record<string, TopOrder> = { r: 'rate', c: 'calls', i: 'incidents', n: 'name', a: 'age' }
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const LEAVING = ['q', CTRL_C, CTRL_D]
const ENTER = ['\r', '\n']
const RUBOUT = ['\u007f', '\b']
const ESCAPE = '\u001b'
const MOST_CHARS = 64
const HELP = 'sort: r rate, c calls, i incidents, n name, a age; / finds, q quits'

/** `keys`: what was typed at once. An arrow and its like are an escape with letters, and mean nothing here. */
export function typed(view: TopView, keys: string): TopView {
  if (keys.startsWith(ESCAPE) && keys.length > 1) return view
  return Array.from(keys).reduce(press, view)
}

function press(view: TopView, key: string): TopView {
  if (key === ESCAPE) return { ...view, find: '', isFinding: false }
  if (view.isFinding && key !== CTRL_C) return find(view, key)
  if (key === '/') return { ...view, find: '', isFinding: true }
  return { ...view, order: ORDERS[key] ?? view.order, isLeft: view.isLeft || LEAVING.includes(key) }
}

function find(view: TopView, key: string): TopView {
  if (ENTER.includes(key)) return { ...view, isFinding: false }
  if (RUBOUT.includes(key)) return { ...view, find: Array.from(view.find).slice(0, -1).join('') }
  if (/\p{C}/u.test(key) || view.find.length >= MOST_CHARS) return view
  return { ...view, find: view.find + key }
}

/** The line above the table. */
export function topTitle({ order, find: part, isFinding }: TopView, shown: number): string {
  if (isFinding) return `find: ${part}_  Enter keeps it, Escape shows all`
  return `${shown} containers by ${order}${part === '' ? '' : ` with "${part}"`}; ${HELP}`
}
