/** All containers at a glance, and the calls of all of them. */

import { getJson, poll } from './api.js'
import { arrange, cell, el, setText, svg, table } from './dom.js'
import { count, duration, plural, sparkPoints, visible } from './format.js'
import { createStream } from './stream.js'

const EVERY_MS = 2000
const PAGE = 100
const SPARKS = 30
const STATES = ['running', 'stopping', 'stopped', 'exited', 'unsupervised']
const SORTS = {
  started: 'newest first',
  calls: 'most forbidden calls',
  incidents: 'most incidents',
  name: 'name',
  state: 'state',
}

export function createContainersPage({ heard, failed }) {
  const rows = new Map()
  const body = el('tbody')
  const find = el('input', { type: 'search', name: 'name', autocomplete: 'off', spellcheck: 'false', oninput: again })
  const state = el(
    'select',
    { name: 'state', onchange: again },
    option('', 'any state'),
    STATES.map(name => option(name, name)),
  )
  const sort = el(
    'select',
    { name: 'sort', onchange: again },
    Object.entries(SORTS).map(([name, title]) => option(name, title)),
  )
  const summary = el('p', { class: 'quiet', role: 'status' }, 'asking the daemon')
  const more = el('button', { type: 'button', hidden: true, onclick: showMore }, 'Show more')
  const empty = el('div', { class: 'empty', hidden: true })
  const list = el(
    'div',
    {},
    table(
      'Containers that the daemon knows',
      ['Container', 'State', 'Policy', 'Forbidden calls', 'Last minute', 'Incidents', 'Message', 'Started'],
      body,
    ),
    more,
  )
  const stream = createStream()
  const element = el(
    'div',
    {},
    el(
      'section',
      { 'aria-labelledby': 'containers-title' },
      el(
        'div',
        { class: 'bar' },
        el('h2', { id: 'containers-title' }, 'Containers'),
        el('label', {}, 'Find ', find),
        el('label', {}, 'State ', state),
        el('label', {}, 'Sort by ', sort),
      ),
      summary,
      empty,
      list,
    ),
    stream.element,
  )
  let limit = PAGE
  let polling

  async function ask() {
    const query = new URLSearchParams({ limit: String(limit), sort: sort.value })
    if (find.value !== '') query.set('name', find.value)
    if (state.value !== '') query.set('state', state.value)
    draw(await getJson(`/v1/containers?${query}`))
    heard()
  }

  function draw({ containers, total }) {
    for (const key of rows.keys()) if (!containers.some(each => each.key === key)) rows.delete(key)
    arrange(body, containers.map(rowFor))
    setText(
      summary,
      total > containers.length
        ? `${count(containers.length)} of ${plural(total, 'container')}`
        : plural(total, 'container'),
    )
    more.hidden = total <= containers.length
    list.hidden = total === 0
    showEmpty(total === 0)
  }

  function rowFor(container) {
    const row = rows.get(container.key) ?? createRow(container)
    rows.set(container.key, row)
    row.update(container)
    return row.element
  }

  function showEmpty(isEmpty) {
    empty.hidden = !isEmpty
    if (!isEmpty) return
    const isFiltered = find.value !== '' || state.value !== ''
    empty.replaceChildren(...(isFiltered ? nothingFound() : nothingYet()))
  }

  function again() {
    limit = PAGE
    polling?.now()
  }

  function showMore() {
    limit += PAGE
    polling?.now()
  }

  function start() {
    polling = poll(EVERY_MS, ask, failed)
    stream.start()
  }

  function end() {
    polling?.end()
    stream.end()
  }

  return { element, title: 'Containers', start, end, find: () => find.focus(), pause: stream.toggle }
}

function option(value, title) {
  return el('option', { value }, title)
}

function nothingFound() {
  return [el('p', {}, 'No container has that name or id and that state.')]
}

function nothingYet() {
  return [
    el('p', {}, 'No container has come yet.'),
    el(
      'p',
      {},
      'The daemon is told of those whose profile has a rule with ',
      el('code', {}, 'SCMP_ACT_NOTIFY'),
      ' and whose ',
      el('code', {}, 'listenerPath'),
      " is the daemon's socket. Is one missing? ",
      el('code', {}, 'seccomp-notifyd doctor'),
      ' tells which engines drop it.',
    ),
  ]
}

function createRow({ key, id, name }) {
  const history = []
  let before
  const state = el('span')
  const calls = el('td', { 'data-column': 'Forbidden calls', class: 'number' })
  const line = svg('polyline')
  const spark = svg('svg', { viewBox: '0 -1 90 22', role: 'img', class: 'spark' }, line)
  const [policy, incidents, message, started] = [cell('Policy'), cell('Incidents'), cell('Message'), cell('Started')]
  incidents.className = 'number'
  const link = el('a', { href: `#/c/${encodeURIComponent(key)}`, title: visible(id) }, el('bdi', {}, visible(name, 80)))
  const element = el(
    'tr',
    {},
    el('th', { scope: 'row' }, link),
    cell('State', state),
    policy,
    calls,
    cell('Last minute', spark),
    incidents,
    message,
    started,
  )

  function update(container) {
    setText(state, container.state)
    state.className = `state ${container.state}`
    setText(policy, container.action)
    setText(calls, count(container.calls))
    calls.classList.toggle('some', container.calls > 0)
    setText(incidents, count(container.incidents))
    setText(message, visible(container.message ?? '', 120))
    setText(started, `${duration(Date.now() - Date.parse(container.startedAt))} ago`)
    drawSpark(container.calls)
  }

  function drawSpark(total) {
    history.push(total - (before ?? total))
    before = total
    if (history.length > SPARKS) history.shift()
    line.setAttribute('points', sparkPoints(history, 90, 20))
    spark.setAttribute(
      'aria-label',
      plural(
        history.reduce((sum, each) => sum + each, 0),
        'call',
      ),
    )
  }

  return { element, update }
}
