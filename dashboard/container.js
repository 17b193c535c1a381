/** One container: what it may, what it did, what comes next, and what its profile lacks. */

import { getJson, poll } from './api.js'
import { createCallers } from './callers.js'
import { cell, el, numberCell, row, rowHead, section, setText, table } from './dom.js'
import { count, plural, secondsUntil, stopDue, timeOf, toldText, visible } from './format.js'
import { createPatch } from './patch.js'
import { createStream } from './stream.js'
import { createTimeline } from './timeline.js'

const EVERY_MS = 1000

export function createContainerPage({ heard, failed, strained }, key) {
  const path = `/v1/containers/${encodeURIComponent(key)}`
  const title = el('h2', {}, el('bdi', {}, visible(key)))
  const pending = el('p', { class: 'pending', role: 'timer', hidden: true })
  const facts = el('dl')
  const calls = el('tbody')
  const noCalls = el('p', { class: 'empty', hidden: true }, 'No call was denied.')
  const incidents = el('tbody')
  const noIncidents = el('p', { class: 'empty', hidden: true }, 'No incident is over yet.')
  const callers = createCallers()
  const patch = createPatch()
  const timeline = createTimeline()
  const stream = createStream({ container: key, strained })
  const element = el(
    'div',
    {},
    el('p', {}, el('a', { href: '#/' }, '← All containers')),
    title,
    pending,
    facts,
    timeline.element,
    section(
      'calls-title',
      'Calls',
      noCalls,
      table('By count', ['Call', 'Count', 'Share', 'Verdict', 'Phase', 'ABI', 'Last'], calls),
    ),
    callers.element,
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
    due = stopDue(container)
    tick()
    drawTimeline(container)
    const text = JSON.stringify(container, withoutTimes)
    if (text === shown) return
    shown = text
    draw(container)
    await patch.load(`${path}/profile`)
  }

  function draw(container) {
    title.replaceChildren(el('bdi', {}, visible(container.name)))
    facts.replaceChildren(...factsOf(container))
    callers.draw(container.calls)
    calls.replaceChildren(...callRows(container.calls))
    incidents.replaceChildren(...container.incidents.toReversed().map(incidentRow))
    show(noCalls, calls)
    show(noIncidents, incidents)
  }

  function drawTimeline({ recentCalls, incidents: over, openIncident }) {
    const open = openIncident === null ? [] : [{ ...openIncident, outcome: 'open' }]
    timeline.draw(recentCalls, [...over, ...open], Date.now())
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

function factsOf(container) {
  const {
    id,
    namespace,
    pod,
    podContainer,
    image,
    engine,
    state,
    reason,
    message,
    told,
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
    'Written to': toldText(told),
    'Exit code': exitCode,
    Policy: `${action}, answer ${answer} (from ${policySource})`,
    Namespace: namespace,
    Pod: pod,
    Container: podContainer,
    Image: image,
    Engine: engine,
    Id: id,
    Listeners: listeners,
    'Init PID': initPid,
    Started: startedAt,
    Finished: finishedAt,
    Warnings: warnings.length > 0 ? warnings.join('; ') : null,
  }
  return Object.entries(facts)
    .filter(([, value]) => value !== null && value !== undefined)
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
      row(
        rowHead(el('code', {}, visible(call.syscall, 64))),
        numberCell('Count', count(call.count)),
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
  return row(cell('Started', timeOf(startedAt)), cell('Outcome', outcome), cell('Message', visible(message, 1000)))
}
