/** Pieces of Markdown. */

/** The notice at the top of a page that no hand should change. */
export function generated(from) {
  return `<!-- Generated from ${from} by \`npm run docs\`. Change that, not this. -->`
}

export function code(text) {
  return `\`${text}\``
}

export function table(header, rows) {
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

export function block(language, text) {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
}

/** Paragraphs, tables and blocks to a page. */
export function page(parts) {
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function line(cells) {
  return `| ${cells.map(cell => String(cell).replaceAll('|', String.raw`\|`)).join(' | ')} |`
}
