/** PURE: two texts as a unified diff, which patch(1) takes. */

const CONTEXT = 3
/** Pairs of lines that are compared; beyond, all that lies between two changes is shown as changed. */
const MOST_PAIRS = 20_000_000

/** A line that is kept, gone or new. */
interface Step {
  sign: ' ' | '-' | '+'
  line: string
}

/** Empty where the texts are the same. */
export function unifiedDiff(before: string, after: string, file: string): string {
  const steps = compare(linesOf(before), linesOf(after))
  const hunks = hunksOf(steps).map(([from, to]) => hunk(steps, from, to))
  return hunks.length === 0 ? '' : `--- ${file}\n+++ ${file}\n${hunks.join('')}`
}

/** Each with its end; the last one may have none. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** What both have at the start and the end is kept; between, the longest common lines. */
function compare(before: readonly string[], after: readonly string[]): Step[] {
  let start = 0
  while (start < before.length && before[start] === after[start]) start += 1
  let end = 0
  const most = Math.min(before.length, after.length) - start
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1
  const changed = between(before.slice(start, before.length - end), after.slice(start, after.length - end))
  return [...all(' ', before.slice(0, start)), ...changed, ...all(' ', before.slice(before.length - end))]
}

function all(sign: Step['sign'], lines: readonly string[]): Step[] {
  return lines.map(line => ({ sign, line }))
}

function between(before: readonly string[], after: readonly string[]): Step[] {
  if (before.length * after.length > MOST_PAIRS) return [...all('-', before), ...all('+', after)]
  const lengths = commonLengths(before, after)
  const steps: Step[] = []
  let [a, b] = [0, 0]
  while (a < before.length || b < after.length) {
    const [gone, added] = [before[a], after[b]]
    if (gone !== undefined && gone === added) {
      steps.push({ sign: ' ', line: gone })
      a += 1
      b += 1
    } else if (gone !== undefined && (added === undefined || at(lengths, a + 1, b) >= at(lengths, a, b + 1))) {
      steps.push({ sign: '-', line: gone })
      a += 1
    } else {
      steps.push({ sign: '+', line: added ?? '' })
      b += 1
    }
  }
  return steps
}

/** How many lines the rests from each pair of places on have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1))
  for (let a = before.length - 1; a >= 0; a -= 1) {
    for (let b = after.length - 1; b >= 0; b -= 1) {
      const same = before[a] === after[b]
      const longest = same ? at(lengths, a + 1, b + 1) + 1 : Math.max(at(lengths, a + 1, b), at(lengths, a, b + 1))
      lengths[a]?.fill(longest, b, b + 1)
    }
  }
  return lengths
}

function at(lengths: readonly Uint32Array[], a: number, b: number): number {
  return lengths[a]?.[b] ?? 0
}

/** Ranges of steps: changes with the lines around them. */
function hunksOf(steps: readonly Step[]): Array<[from: number, to: number]> {
  const hunks: Array<[number, number]> = []
  for (const [place, { sign }] of steps.entries()) {
    if (sign === ' ') continue
    const [from, to] = [Math.max(0, place - CONTEXT), Math.min(steps.length, place + CONTEXT + 1)]
    const last = hunks.at(-1)
    if (last !== undefined && from <= last[1]) last[1] = to
    else hunks.push([from, to])
  }
  return hunks
}

function hunk(steps: readonly Step[], from: number, to: number): string {
  const lines = (part: readonly Step[], sign: '-' | '+') => part.filter(step => step.sign === ' ' || step.sign === sign)
  const [earlier, shown] = [steps.slice(0, from), steps.slice(from, to)]
  const range = (sign: '-' | '+') => {
    const count = lines(shown, sign).length
    return `${sign}${lines(earlier, sign).length + (count === 0 ? 0 : 1)},${count}`
  }
  const text = shown.map(
    ({ sign, line }) => `${sign}${line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`}`,
  )
  return `@@ ${range('-')} ${range('+')} @@\n${text.join('')}`
}
