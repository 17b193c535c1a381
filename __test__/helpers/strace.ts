/** What `strace -f` saw of one command and of its descendants, among much else. */

/** `4711 mkdir("/tmp/x", 0700) = 0`; of a call that others interrupt in the text, the beginning. */
const CALL = /^([a-z][a-z0-9_]*)\(/
/** Its end, which comes on another line then: `4711 <... clone resumed>, parent_tid=[22]) = 4712`. */
const FORKED = /^(?:<\.\.\. )?(?:clone|clone3|fork|vfork)\b.*\) += (\d+)$/

/**
 * Names of all calls from the first execution of the program on, whose path is as it is executed. `text` is of one `strace -f -o`, which
 * writes lines in the order of what happened.
 */
export function callsBelow(text: string, program: string): Set<string> {
  const executed = `execve(${JSON.stringify(program)}, `
  const ours = new Set<string>()
  const names = new Set<string>()
  for (const [pid, rest] of eventsOf(text)) {
    if (ours.size === 0 && rest.startsWith(executed)) ours.add(pid)
    if (!ours.has(pid)) continue
    const name = CALL.exec(rest)?.[1]
    if (name !== undefined) names.add(name)
    const child = FORKED.exec(rest)?.[1]
    if (child !== undefined) ours.add(child)
  }
  return names
}

function eventsOf(text: string): [pid: string, rest: string][] {
  return [...text.matchAll(/^(\d+) +(.*)$/gm)].map(([, pid = '', rest = '']) => [pid, rest])
}
