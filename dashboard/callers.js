/** Who made a container's calls, with what, and where in their code, as far as the daemon has looked. All of it is a program's own word. */

import { arrange, el, section, setText } from './dom.js'
import { argumentsOf, frameLines, madeBy, siteNote, visible } from './format.js'

export function createCallers() {
  const rows = new Map()
  const list = el('div')
  const element = section(
    'callers-title',
    'Who made them',
    el(
      'p',
      { class: 'quiet' },
      'The last of the first calls of each kind that were looked at. Programs choose what is said here.',
    ),
    list,
  )
  element.hidden = true

  function draw(calls) {
    const callers = calls.flatMap(callersOf)
    const keys = new Set(callers.map(({ key }) => key))
    for (const key of rows.keys()) if (!keys.has(key)) rows.delete(key)
    element.hidden = callers.length === 0
    arrange(list, callers.map(update))
  }

  function update(caller) {
    const known = rows.get(caller.key) ?? createCaller()
    rows.set(caller.key, known)
    known.update(caller)
    return known.element
  }

  return { element, draw }
}

/** One for each place in the code, or where none is known the last that was looked at. */
function callersOf({ syscall, abi, number, verdict, phase, detail, sites = [] }) {
  const key = `${abi}:${number}:${verdict}:${phase}`
  if (sites.length === 0) return detail === undefined ? [] : [{ key, syscall, detail, note: '' }]
  return sites.map((site, at) => ({
    key: `${key}:${site.detail.site}`,
    syscall,
    detail: site.detail,
    note: sites.length > 1 ? siteNote(site, at + 1, sites.length) : '',
  }))
}

/** Whether it is open is the reader's, and outlives a new answer. */
function createCaller() {
  const title = el('code')
  const who = el('bdi')
  const facts = el('ul', { class: 'lines' })
  const frames = el('ol', { class: 'frames' })
  const end = el('p', { class: 'quiet' })
  const element = el('details', {}, el('summary', {}, title, ' ', who), facts, frames, end)
  let shown = ''

  function update({ syscall, detail, note }) {
    const text = JSON.stringify([detail, note])
    if (text === shown) return
    shown = text
    const [first = '', ...more] =
      detail.missing === null ? madeBy({ tid: detail.pid ?? '?', detail }) : [`not read: ${detail.missing}`]
    const lines = detail.cwd === null ? more : [...more, `in ${detail.cwd}`]
    setText(title, visible(`${syscall}(${detail.missing === null ? argumentsOf({ args: [], detail }) : '...'})`, 500))
    setText(who, `${visible(first, 200)}${note}`)
    facts.replaceChildren(...lines.map(line => el('li', {}, el('bdi', {}, visible(line, 1000)))))
    frames.replaceChildren(...frameLines(detail).map(line => el('li', {}, el('code', {}, visible(line, 1000)))))
    frames.hidden = frames.children.length === 0
    setText(end, detail.framesEnd === null ? '' : `Callers are missing: ${visible(detail.framesEnd)}`)
    end.hidden = detail.framesEnd === null
  }

  return { element, update }
}
