/** All containers at a glance, and the calls of all of them. */

import { getJson, poll } from './api.js'
import { createRow } from './container-row.js'
import { arrange, el, setText, table } from './dom.js'
import { count, plural } from './format.js'
import { createStream } from './stream.js'

const EVERY_MS = 2000
const TICK_MS = 250
const PAGE = 100
const STATES = ['running', 'stopping', 'stopped', 'exited', 'unsupervised']
const SORTS = {
  started: 'newest first',
  calls: 'most forbidden calls',
  incidents: 'most incidents',
  name: 'name',
  state: 'state',
}

export function createContainersPage({ heard, failed, strained }) {
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
  const newer = el('button', { type: 'button', onclick: () => turn(-PAGE) }, 'Previous')
  const older = el('button', { type: 'button', onclick: () => turn(PAGE) }, 'Next')
  const pages = el('nav', { class: 'bar', 'aria-label': 'Pages of containers', hidden: true }, newer, older)
  const empty = el('div', { class: 'empty', hidden: true })
  const list = el(
    'div',
    {},
    table(
      'Containers that the daemon knows',
      ['Container', 'State', 'Policy', 'Forbidden calls', 'Last minute', 'Incidents', 'Message', 'Started'],
      body,
    ),
    pages,
  )
  const stream = createStream({ strained })
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
  let offset = 0
  let polling
  let ticking

  async function ask() {
    const query = new URLSearchParams({ limit: String(PAGE), offset: String(offset), sort: sort.value })
    if (find.value !== '') query.set('name', find.value)
    if (state.value !== '') query.set('state', state.value)
    draw(await getJson(`/v1/containers?${query}`))
    heard()
  }

  function draw({ containers, total }) {
    // The page that was looked at is not there any more.
    if (offset > 0 && containers.length === 0) return turn(-PAGE)
    const keys = new Set(containers.map(({ key }) => key))
    for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key)
    arrange(body, containers.map(rowFor))
    tick()
    setText(summary, summaryOf(containers.length, total))
    pages.hidden = total <= PAGE
    newer.disabled = offset === 0
    older.disabled = offset + PAGE >= total
    list.hidden = total === 0
    showEmpty(total === 0)
  }

  function summaryOf(shown, total) {
    const all = plural(total, 'container')
    return total > PAGE ? `${count(offset + 1)} to ${count(offset + shown)} of ${all}` : all
  }

  function tick() {
    for (const each of rows.values()) each.tick(Date.now())
  }

  function rowFor(container) {
    const known = rows.get(container.key) ?? createRow(container)
    rows.set(container.key, known)
    known.update(container)
    return known.element
  }

  function showEmpty(isEmpty) {
    empty.hidden = !isEmpty
    if (!isEmpty) return
    const isFiltered = find.value !== '' || state.value !== ''
    empty.replaceChildren(...(isFiltered ? nothingFound() : nothingYet()))
  }

  function again() {
    offset = 0
    polling?.now()
  }

  function turn(by) {
    offset = Math.max(0, offset + by)
    polling?.now()
  }

  function start() {
    polling = poll(EVERY_MS, ask, failed)
    ticking = setInterval(tick, TICK_MS)
    stream.start()
  }

  function end() {
    polling?.end()
    clearInterval(ticking)
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
