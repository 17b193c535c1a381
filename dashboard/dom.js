/** Elements made of text. There is no way from here to markup in a string, and the page's policy forbids it besides. */

const SVG = 'http://www.w3.org/2000/svg'

/** `on…` are listeners, everything else attributes; null, undefined and false leave one out. */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children)
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children)
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat().filter(child => child !== null))
  return element
}

/** Text that does not touch the document where it is what it was: a screen reader is told of changes only. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** Makes the element's children those of the keys, in their order; a row that stays keeps focus and selection. */
export function arrange(parent, rows) {
  const wanted = new Set(rows)
  // A copy: the list of children is alive.
  for (const child of Array.from(parent.children)) if (!wanted.has(child)) child.remove()
  rows.forEach((each, at) => {
    if (parent.children[at] !== each) parent.insertBefore(each, parent.children[at] ?? null)
  })
}

/** Columns that are read from the right. */
const NUMBERS = ['Forbidden calls', 'Incidents', 'Count']

/** The roles are those of the elements, which lose them where a narrow screen shows rows as cards. */
export function table(caption, columns, body) {
  const heads = columns.map(title =>
    el('th', { scope: 'col', role: 'columnheader', class: NUMBERS.includes(title) && 'number' }, title),
  )
  body.setAttribute('role', 'rowgroup')
  return el('table', { role: 'table' }, el('caption', {}, caption), el('thead', { role: 'rowgroup' }, row(heads)), body)
}

export function row(...cells) {
  return el('tr', { role: 'row' }, ...cells)
}

export function rowHead(...children) {
  return el('th', { scope: 'row', role: 'rowheader' }, ...children)
}

/** A cell that tells its column where the screen is too narrow for a table. */
export function cell(column, ...children) {
  return el('td', { role: 'cell', 'data-column': column }, ...children)
}

export function numberCell(column, ...children) {
  const element = cell(column, ...children)
  element.className = 'number'
  return element
}

export function section(id, title, ...children) {
  return el('section', { 'aria-labelledby': id }, el('h3', { id }, title), ...children)
}
