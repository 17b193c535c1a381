/** COMPOSITION: which page is shown, and whether the daemon is heard. */

import { Refusal } from './api.js'
import { createContainerPage } from './container.js'
import { createContainersPage } from './containers.js'
import { setText } from './dom.js'
import { timeOf, visible } from './format.js'

const main = document.getElementById('main')
const connection = document.getElementById('connection')
const notice = document.getElementById('notice')
/** How long after calls were missing that is still said of the connection. */
const STRAINED_MS = 10_000
let page
let heardAt
let strainedAtMs = -Infinity

function heard() {
  heardAt = new Date().toISOString()
  tell(Date.now() - strainedAtMs < STRAINED_MS ? 'overloaded' : 'live', '')
}

/** More calls come than can be shown. */
function strained() {
  strainedAtMs = Date.now()
}

function failed(error) {
  if (error instanceof Refusal) return tell('live', visible(error.message, 500))
  const since = heardAt === undefined ? '' : ` What is shown is of ${timeOf(heardAt).slice(0, 8)}.`
  tell('disconnected', `The daemon does not answer; trying again.${since}`)
}

function tell(state, text) {
  setText(connection, state)
  connection.className = state
  setText(notice, text)
  notice.hidden = text === ''
  main.classList.toggle('stale', state === 'disconnected')
}

const listeners = { heard, failed, strained }

function route() {
  const { hash } = location
  // The link that skips to the content is no page.
  if (hash !== '' && !hash.startsWith('#/')) return
  const [, key] = /^#\/c\/([^/]+)$/.exec(hash) ?? []
  const isFirst = page === undefined
  page?.end()
  page = key === undefined ? createContainersPage(listeners) : createContainerPage(listeners, decoded(key))
  main.replaceChildren(page.element)
  document.title = `${page.title} - seccomp-notifyd`
  page.start()
  if (!isFirst) main.focus()
}

/** A link that somebody cut in the middle of an escape. */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const KEYS = { '/': () => page.find(), p: () => page.pause(), Escape: () => (location.hash = '#/') }

function press(event) {
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)
  if (event.ctrlKey || event.metaKey || event.altKey || (isTyping && event.key !== 'Escape')) return
  const act = KEYS[event.key]
  if (act === undefined) return
  event.preventDefault()
  if (isTyping) event.target.blur()
  else act()
}

addEventListener('hashchange', route)
addEventListener('keydown', press)
// A page that is kept for the way back must not hold a connection.
addEventListener('pagehide', () => page.end())
addEventListener('pageshow', ({ persisted }) => persisted && route())
route()
