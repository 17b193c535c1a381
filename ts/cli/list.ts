/** PURE. What an option lists, separated by commas. */

export function listOf(text = ''): string[] {
  return text
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
}
