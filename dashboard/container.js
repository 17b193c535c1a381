/** One container: what it may, what it did, what comes next, and what its profile lacks. */

import { getJson, poll } from './api.js'
import { cell, el, setText, table } from './dom.js'
import { count, patchText, plural, secondsUntil, timeOf, visible } from './format.js'
import { createStream } from './stream.js'

const EVERY_MS = 1000

export function createContainerPage({ heard, failed }, key) {
  const path = `/v1/containers/${encodeURIComponent(key)}`
  const title = el('h2', {}, el('bdi', {}, visible(key)))
  const pending = el('p', { class: 'pending', role: 'timer', hidden: true })
  const facts = el('dl')
  const calls = el('tbody')
  const noCalls = el('p', { class: 'empty', hidden: true }, 'No call was denied.')
  const incidents = el('tbody')
  const noIncidents = el('p', { class: 'empty', hidden: true }, 'No incident is over yet.')
  const patch = createPatch()
  const stream = createStream(key)
  const element = el(
    'div',
    {},
    el('p', {}, el('a', { href: '#/' }, '← All containers')),
    title,
    pending,
    facts,
    section(
      'calls-title',
      'Calls',
      noCalls,
      table('By count', ['Call', 'Count', 'Share', 'Verdict', 'Phase', 'ABI', 'Last'], calls),
    ),
    section(
      'incidents-title',
      'Incidents',
      noIncidents,
      table('The newest fifty', ['Started', 'Outcome', 'Message'], incidents),
    ),
    patch.element,
    stream.element,
  )
  let polling
  let ticking
  let shown = ''
  let due

  async function ask() {
    const container = await getJson(path)
    heard()
    due = container.state === 'running' && container.action === 'stop' ? container.openIncident?.dueAt : undefined
    tick()
    const text = JSON.stringify(container, withoutTimes)
    if (text === shown) return
    shown = text
    draw(container)
    await patch.load(`${path}/profile`)
  }

  function draw(container) {
    title.replaceChildren(el('bdi', {}, visible(container.name)))
    facts.replaceChildren(...factsOf(container))
    calls.replaceChildren(...callRows(container.calls))
    incidents.replaceChildren(...container.incidents.toReversed().map(incidentRow))
    show(noCalls, calls)
    show(noIncidents, incidents)
  }

  function tick() {
    pending.hidden = due === undefined
    if (due !== undefined)
      setText(pending, `Stops in ${secondsUntil(due, Date.now())} s, unless another forbidden call comes before`)
  }

  function start() {
    polling = poll(EVERY_MS, ask, failed)
    ticking = setInterval(tick, 250)
    stream.start()
  }

  function end() {
    polling?.end()
    clearInterval(ticking)
    stream.end()
  }

  return { element, title: visible(key), start, end, find: () => {}, pause: stream.toggle }
}

/** Times are made of a monotonic clock and differ by a millisecond from answer to answer; what they are of does not. */
function withoutTimes(name, value) {
  return name.endsWith('At') ? undefined : value
}

/** Either the rows or the sentence that says that there are none. */
function show(sentence, body) {
  sentence.hidden = body.children.length > 0
  body.parentElement.hidden = body.children.length === 0
}

function section(id, title, ...children) {
  return el('section', { 'aria-labelledby': id }, el('h3', { id }, title), ...children)
}

function factsOf(container) {
  const {
    id,
    state,
    reason,
    message,
    exitCode,
    action,
    answer,
    policySource,
    listeners,
    initPid,
    startedAt,
    finishedAt,
    warnings,
  } = container
  const facts = {
    State: el('span', { class: `state ${state}` }, state),
    Reason: reason,
    Message: message,
    'Exit code': exitCode,
    Policy: `${action}, answer ${answer} (from ${policySource})`,
    Id: id,
    Listeners: listeners,
    'Init PID': initPid,
    Started: startedAt,
    Finished: finishedAt,
    Warnings: warnings.length > 0 ? warnings.join('; ') : null,
  }
  return Object.entries(facts)
    .filter(([, value]) => value !== null)
    .flatMap(([name, value]) => [
      el('dt', {}, name),
      el('dd', {}, value instanceof Node ? value : el('bdi', {}, visible(value, 2000))),
    ])
}

function callRows(calls) {
  const most = Math.max(1, ...calls.map(each => each.count))
  return calls
    .toSorted((a, b) => b.count - a.count)
    .map(call =>
      el(
        'tr',
        {},
        el('th', { scope: 'row' }, el('code', {}, visible(call.syscall, 64))),
        el('td', { 'data-column': 'Count', class: 'number' }, count(call.count)),
        cell(
          'Share',
          el('meter', {
            min: '0',
            max: String(most),
            value: String(call.count),
            'aria-label': plural(call.count, 'call'),
          }),
        ),
        cell('Verdict', call.verdict),
        cell('Phase', call.phase),
        cell('ABI', visible(call.abi, 16)),
        cell('Last', timeOf(call.lastAt)),
      ),
    )
}

function incidentRow({ startedAt, outcome, message }) {
  return el(
    'tr',
    {},
    cell('Started', timeOf(startedAt)),
    cell('Outcome', outcome),
    cell('Message', visible(message, 1000)),
  )
}

function createPatch() {
  const text = el('pre', { tabindex: '0', 'aria-labelledby': 'patch-title' })
  const notes = el('ul')
  const said = el('span', { role: 'status' })
  const copy = el('button', { type: 'button', onclick: copyText }, 'Copy')
  const save = el('a', { class: 'button', download: 'profile-patch.json' }, 'Download')
  const rules = el('div', {}, el('p', { class: 'bar' }, copy, save, said), text)
  const nothing = el('p', { class: 'empty' }, 'Its profile lacks no call that was seen.')
  const element = section('patch-title', 'What its profile lacks', nothing, rules, notes)

  async function load(path) {
    const patch = await getJson(path)
    const isEmpty = patch.syscalls.length === 0
    nothing.hidden = !isEmpty
    rules.hidden = isEmpty
    setText(text, patchText(patch))
    URL.revokeObjectURL(save.href)
    save.href = URL.createObjectURL(new Blob([text.textContent], { type: 'application/json' }))
    notes.replaceChildren(...patch.notes.map(note => el('li', {}, visible(note, 500))))
  }

  async function copyText() {
    try {
      await navigator.clipboard.writeText(text.textContent)
      setText(said, 'Copied')
    } catch {
      // No clipboard without a secure context: the reader's own command copies what is selected.
      getSelection().selectAllChildren(text)
      setText(said, 'Selected; copy it with Ctrl+C')
    }
  }

  return { element, load }
}
