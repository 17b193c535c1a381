/** What can be done to the text of a configuration. Nothing else in the text changes by a byte. */

import type { Path, Tree, Value } from './tree.ts'

export interface Format {
  /** @throws NotifydError `ERR_INSTALL` with line and column. */
  parse(text: string): Tree
  /** Puts a value where nothing is, or in the place of what is there. */
  set(text: string, path: Path, value: Value): string
  /** Takes out what is there, and all below it. */
  remove(text: string, path: Path): string
  /** Adds a word to the end of a list that is there. */
  append(text: string, path: Path, word: string): string
  /** Takes the word at this place out of a list. */
  drop(text: string, path: Path, index: number): string
}
