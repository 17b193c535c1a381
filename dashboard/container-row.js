/** One container in the list. */

import { cell, el, numberCell, row, rowHead, setText, svg } from './dom.js'
import { count, duration, originOf, plural, recentBars, secondsUntil, sparkPoints, visible } from './format.js'

/** A minute. */
const SPARKS = 12

export function createRow({ key, id }) {
  let dueAt = null
  const state = el('span')
  const due = el('span', { class: 'due', hidden: true })
  const calls = numberCell('Forbidden calls')
  const line = svg('polyline')
  const spark = svg('svg', { viewBox: '0 -1 90 22', role: 'img', class: 'spark' }, line)
  const [policy, message, started] = [cell('Policy'), cell('Message'), cell('Started')]
  const incidents = numberCell('Incidents')
  const name = el('bdi')
  const from = el('bdi', { class: 'origin' })
  const link = el('a', { href: `#/c/${encodeURIComponent(key)}`, title: visible(id) }, name)
  const element = row(
    rowHead(link, ' ', from),
    cell('State', el('span', {}, state, due)),
    policy,
    calls,
    cell('Last minute', spark),
    incidents,
    message,
    started,
  )

  function update(container) {
    setText(name, visible(container.podContainer ?? container.name, 80))
    setText(from, visible(originOf(container), 160))
    setText(state, container.state)
    state.className = `state ${container.state}`
    setText(policy, container.action)
    setText(calls, count(container.calls))
    calls.classList.toggle('some', container.calls > 0)
    setText(incidents, count(container.incidents))
    setText(message, visible(container.message ?? '', 120))
    setText(started, `${duration(Date.now() - Date.parse(container.startedAt))} ago`)
    dueAt = container.stopDueAt
    drawSpark(container.recentCalls)
  }

  function tick(nowMs) {
    due.hidden = dueAt === null
    if (dueAt !== null) setText(due, `stops in ${secondsUntil(dueAt, nowMs)} s`)
  }

  function drawSpark(recent) {
    const bars = recentBars(recent, SPARKS, Date.now())
    line.setAttribute('points', sparkPoints(bars, 90, 20))
    const total = bars.reduce((sum, each) => sum + each, 0)
    spark.setAttribute('aria-label', plural(total, 'call'))
  }

  return { element, update, tick }
}
