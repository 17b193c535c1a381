/** PURE: hostile text cut to a length that a log line, label or page can bear. */

export function clip(text: string, maxChars: number): string {
  return text.length > maxChars ? `${withoutHalf(text.slice(0, maxChars - 1))}…` : text
}

/** A cut between the halves of a surrogate pair would leave text that no UTF-8 can express. */
function withoutHalf(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '')
}
