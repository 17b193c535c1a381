/** What is to be added to the configuration of an engine, by itself. */

import { toNotifydError } from '../errors.ts'
import { apply, type Change } from './changes.ts'
import { readConfigFile } from './config-file.ts'
import type { Engine, Handler } from './engine.ts'
import { ENGINES, type EngineName } from './engines.ts'
import { findProgram, installedRuntimes, versionOf } from './host.ts'
import { ADDED } from './toml-text.ts'
import { valueAt, type Tree } from './tree.ts'

export interface Snippet {
  engine: EngineName
  file: string
  text: string
}

/** As the configuration on this host asks for it: in its version, and with what its handler of runc has. */
export async function snippetOf(engine: EngineName, handler: Handler, named: string | undefined): Promise<Snippet> {
  const known: Engine = ENGINES[engine]
  const file = named ?? known.file
  const program = findProgram(known.program)
  const version = program === undefined ? undefined : await versionOf(program)
  const host = { runtimes: installedRuntimes(), ...(version === undefined ? {} : { version }) }
  try {
    const tree = known.format.parse(readConfigFile(file).text ?? '')
    const changes = known.changes(tree, handler, host).map(change => asWritten(tree, change))
    return { engine, file, text: withoutNotes(apply(known.format, '', changes).text) }
  } catch (error) {
    throw toNotifydError(error, `cannot tell what ${engine} needs in ${file}`)
  }
}

/** A list is told as a whole, with what is in it already. */
function asWritten(tree: Tree, change: Change): Change {
  if (change.kind !== 'member') return change
  const there = valueAt(tree, change.path)
  const words = Array.isArray(there)
    ? there.filter(word => typeof word === 'string' && word !== change.value)
    : undefined
  return words === undefined ? change : { ...change, byDefault: words as string[] }
}

/** Whoever adds it takes it out again. */
function withoutNotes(text: string): string {
  return text
    .split('\n')
    .filter(line => line !== ADDED)
    .join('\n')
    .trimStart()
}
