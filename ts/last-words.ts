/** What is written before a container is stopped, and where beside its own output. */

import { readBundle, type Bundle } from './bundle.ts'
import type { Container } from './containers.ts'
import { errorText } from './errors.ts'
import type { LastWords, Told } from './native.ts'
import { findTerminationFile } from './termination-file.ts'

export interface Telling {
  words: LastWords
  /** Where they are not going to be, and why. */
  unwritten: Told[]
}

type Read = (bundle: string) => Promise<Bundle>

/** Undefined: there is nothing to say. Waits for files of the engine as long as reading them may take. */
export async function lastWordsOf(container: Container, read: Read = readBundle): Promise<Telling | undefined> {
  const { message: text, bundle, origin } = container
  if (text === null) return undefined
  if (origin.podUid === null) return { words: { text }, unwritten: [] }
  try {
    const terminationFile = findTerminationFile(await read(bundle))
    return { words: terminationFile === undefined ? { text } : { text, terminationFile }, unwritten: [] }
  } catch (error) {
    return { words: { text }, unwritten: [{ place: 'termination-file', problem: errorText(error) }] }
  }
}
