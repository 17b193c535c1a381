/** PURE: text as XML 1.0 can hold it. */

/** All but the characters of XML's production Char; half a surrogate pair is none. */
const NO_CHARACTER = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu
const ESCAPED: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
}

/** What XML cannot hold even escaped, most control characters, is left out. */
export function escapeXml(text: string): string {
  return text.replace(NO_CHARACTER, '').replace(/[&<>"\n\r\t]/g, char => ESCAPED[char] ?? char)
}

/** An element, its attributes in the order given. */
export function element(
  name: string,
  attributes: Record<string, string | number>,
  children: readonly string[] = [],
): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(`${value}`)}"`)
  const open = `<${name}${list.join('')}`
  if (children.length === 0) return `${open}/>`
  return `${open}>\n${children.map(child => child.replace(/^/gm, '  ')).join('\n')}\n</${name}>`
}
