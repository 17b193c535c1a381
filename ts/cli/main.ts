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

// A reader that has gone, as with `| head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure),
)

const code = await main(process.argv)
// What stdout still holds is written before the process ends by itself.
process.exitCode = code
if (process.stdout.writableLength === 0) process.exit(code)
