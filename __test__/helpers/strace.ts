/** What `strace -f` saw of one command and of its descendants, among much else. */

/** `4711 mkdir("/tmp/x", 0700) = 0`; where other threads come in between, the beginning of that. */
const CALL = /^([a-z][a-z0-9_]*)\(/
/** Or its end, which is a line of its own then: `4711 <... clone resumed>, parent_tid=[22]) = 4712`. */
const FORKED = /^(?:<\.\.\. )?(?:clone|clone3|fork|vfork)\b.* = (\d+)$/

interface Line {
  pid: string
  rest: string
}

/**
 * Names of all calls from the first execution that begins so, by that process and by its descendants. `text` is what one
 * `strace -f -o` wrote, in which a child may come before the call that made it has returned.
 */
export function callsBelow(text: string, execution: string): string[] {
  const lines = [...text.matchAll(/^(\d+) +(.*)$/gm)].map(([, pid = '', rest = '']): Line => ({ pid, rest }))
  const executed = lines.findIndex(({ rest }) => rest.startsWith(execution))
  const since = lines.slice(executed)
  const ours = executed < 0 ? new Set<string>() : descendants(since, since[0]?.pid ?? '')
  const names = since.filter(({ pid }) => ours.has(pid)).map(({ rest }) => CALL.exec(rest)?.[1])
  return [...new Set(names)].filter(name => name !== undefined).toSorted()
}

/** A child's own children may come before its parent says that it is there. */
function descendants(lines: Line[], first: string): Set<string> {
  const children = lines.flatMap(({ pid, rest }) => {
    const child = FORKED.exec(rest)?.[1]
    return child === undefined ? [] : [{ pid, child }]
  })
  const found = new Set([first])
  // The set grows while it is walked.
  for (const pid of found) for (const each of children) if (each.pid === pid) found.add(each.child)
  return found
}
