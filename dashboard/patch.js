/** The rules that a container's profile lacks, to copy or to save. */

import { getJson } from './api.js'
import { el, section, setText } from './dom.js'
import { patchText, visible } from './format.js'

export function createPatch() {
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
