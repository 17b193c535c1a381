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
  rows.forEach((row, at) => {
    if (parent.children[at] !== row) parent.insertBefore(row, parent.children[at] ?? null)
  })
}

export function table(caption, columns, body) {
  const heads = columns.map(title => el('th', { scope: 'col' }, title))
  return el('table', {}, el('caption', {}, caption), el('thead', {}, el('tr', {}, heads)), body)
}

/** A cell that tells its column where the screen is too narrow for a table. */
export function cell(column, ...children) {
  return el('td', { 'data-column': column }, ...children)
}
