/** Paragraphs that commander breaks where the terminal ends, from text that is broken where the source ends. */

export function reflow(text: string): string {
  return text.trim().replaceAll(/([^\n])\n(?!\n)/g, '$1 ')
}
