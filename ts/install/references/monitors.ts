/** What watches over running containers of Podman and CRI-O, whoever's they are: conmon is told the runtime's path. */

import { readdirSync, readFileSync } from 'node:fs'
import type { Reference, Sought } from '../references.ts'

export function monitorReferences({ executables }: Sought): Reference[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(commandLineOf)
    .filter(words => executables.some(path => words.includes(path)))
    .flatMap(containerOf)
}

function commandLineOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** `-c ID -n NAME -r PATH` of conmon(8), and what it calls with that path when the container ends. */
function containerOf(words: string[]): Reference[] {
  const behind = (option: string): string | undefined => words[words.indexOf(option) + 1]
  const id = words.includes('-c') ? behind('-c') : undefined
  if (id === undefined) return []
  const name = words.includes('-n') ? behind('-n') : undefined
  return [{ engine: 'conmon', id, name: name ?? '', state: 'running' }]
}
