#!/usr/bin/env node
/** bin: argv to command to exit code; the only place that ends the process. */

import { CommanderError } from 'commander'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { complain } from './output.ts'
import { createProgram } from './program.ts'

async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok
  const program = createProgram(value => (code = value))
  try {
    await program.parseAsync(argv)
    return code
  } catch (error) {
    // Help and version are shown already.
    if (error instanceof CommanderError) return error.exitCode
    complain(error)
    return exitCodeOf(error, program.args[0])
  }
}

process.exit(await main(process.argv))
