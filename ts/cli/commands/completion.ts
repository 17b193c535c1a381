/** `completion`: a script for a shell. */

import type { Command } from 'commander'
import { placesOf } from '../completion-tree.ts'
import { completionScript, type Shell } from '../completion.ts'
import { EXIT } from '../exit-codes.ts'
import { print } from '../output.ts'

export function completion(shell: Shell, program: Command): number {
  print(completionScript(shell, placesOf(program)))
  return EXIT.ok
}
