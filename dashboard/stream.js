/** Calls as they come: bounded, drawn once a frame however many there are, and honest about what is not shown. */

import { cell, el, row, setText, table } from './dom.js'
import { answerOf, argumentsOf, count, madeBy, plural, timeOf, visible } from './format.js'

const MOST_ROWS = 100
/** A refusal ends the browser's own attempts. */
const AGAIN_MS = 5000

/** `container`: a key, or undefined for all. `strained` is told that calls are missing. */
export function createStream({ container, strained }) {
  const body = el('tbody')
  const rate = el('p', { class: 'quiet' }, 'connecting')
  const lost = el('p', { class: 'overload', role: 'status', hidden: true })
  const pause = el('button', { type: 'button', 'aria-pressed': 'false', onclick: toggle }, 'Pause')
  const columns = [
    'Time',
    ...(container === undefined ? ['Container'] : []),
    'Call',
    'Answer',
    'Verdict',
    'Arguments',
    'Made by',
  ]
  const rows = el(
    'div',
    { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'The newest calls', hidden: true },
    table('The newest first; arguments are registers where the daemon does not read what they point to', columns, body),
  )
  const element = el(
    'section',
    { 'aria-labelledby': 'stream-title' },
    el('div', { class: 'bar' }, el('h2', { id: 'stream-title' }, 'Calls as they come'), pause, rate),
    lost,
    rows,
  )
  let waiting = []
  let seen = 0
  let missing = 0
  let paused = false
  let frame
  let source
  let again

  function take({ data }) {
    seen += 1
    if (paused) return
    waiting.push(data)
    if (waiting.length > 2 * MOST_ROWS) waiting = waiting.slice(-MOST_ROWS)
    frame ??= requestAnimationFrame(draw)
  }

  function draw() {
    frame = undefined
    const calls = waiting.slice(-MOST_ROWS).map(text => JSON.parse(text))
    waiting = []
    body.prepend(...calls.toReversed().map(rowOf))
    while (body.children.length > MOST_ROWS) body.lastElementChild.remove()
    rows.hidden = body.children.length === 0
    tell()
  }

  function tell() {
    const isAway = source.readyState !== EventSource.OPEN
    if (source.readyState === EventSource.CLOSED) retry()
    setText(
      rate,
      isAway ? 'away; trying again' : seen === 0 ? 'no call yet' : `${plural(seen, 'call')} since this page was opened`,
    )
  }

  function rowOf(call) {
    const who = call.container
    return row(
      cell('Time', timeOf(call.at)),
      container === undefined ? cell('Container', who === null ? 'not told yet' : link(who)) : null,
      cell(
        'Call',
        el('code', {}, visible(call.syscall, 64)),
        call.abi === 'x86_64' || call.abi === 'aarch64' ? '' : ` (${visible(call.abi, 16)})`,
      ),
      cell('Answer', answerOf(call)),
      cell('Verdict', call.verdict, call.phase === 'init' ? ' (init)' : ''),
      cell('Arguments', el('code', {}, visible(argumentsOf(call), 500))),
      cell(
        'Made by',
        el(
          'ul',
          { class: 'lines' },
          madeBy(call).map(line => el('li', {}, visible(line, 200))),
        ),
      ),
    )
  }

  function drop({ data }) {
    const { reason, calls } = JSON.parse(data)
    missing += calls ?? 0
    if (calls !== null) strained()
    lost.hidden = false
    setText(
      lost,
      reason === 'restart'
        ? 'The daemon was restarted: calls before are not shown.'
        : `${count(missing)} calls are not shown: they came faster than they are read here. Counts are exact all the same.`,
    )
  }

  function toggle() {
    paused = !paused
    pause.setAttribute('aria-pressed', String(paused))
    setText(pause, paused ? 'Go on' : 'Pause')
  }

  function retry() {
    clearTimeout(again)
    again = setTimeout(start, AGAIN_MS)
  }

  function start() {
    source = new EventSource(
      `/v1/events${container === undefined ? '' : `?container=${encodeURIComponent(container)}`}`,
    )
    for (const change of ['open', 'error']) source.addEventListener(change, tell)
    source.addEventListener('call', take)
    source.addEventListener('dropped', drop)
  }

  function end() {
    clearTimeout(again)
    source?.close()
    cancelAnimationFrame(frame)
  }

  return { element, start, end, toggle }
}

function link({ key, id }) {
  return el('a', { href: `#/c/${encodeURIComponent(key)}` }, el('bdi', {}, visible(id, 60)))
}
