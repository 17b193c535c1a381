/** A default runtime on the command line of a running dockerd, which does not start with one in its file beside it. */

import { readdirSync, readFileSync } from 'node:fs'

const OPTION = '--default-runtime'

export function hasDefaultByFlag(): boolean {
  const words = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(wordsOfDocker)
  return words.some(word => word === OPTION || word.startsWith(`${OPTION}=`))
}

function wordsOfDocker(pid: string): string[] {
  try {
    const isDocker = readFileSync(`/proc/${pid}/comm`, 'utf8') === 'dockerd\n'
    return isDocker ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') : []
  } catch {
    // It has ended.
    return []
  }
}
