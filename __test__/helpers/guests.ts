/** The tests' own target programs: C files in `fixtures/guests`, compiled once, static so that they run in any root. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './project.ts'

const SOURCES = join(projectRoot, '__test__/fixtures/guests')
const BINARIES = join(projectRoot, 'build/guests')
const HEADERS = ['tally.h', 'listener.h']

/** Path of the compiled program; `flags` are the compiler's. */
export function guest(name: string, flags: string[] = []): string {
  const source = join(SOURCES, `${name}.c`)
  const key = digest([source, ...HEADERS.map(header => join(SOURCES, header))])
  const binary = join(BINARIES, [name, ...flags, key].join('-'))
  if (!existsSync(binary)) compile(source, binary, flags)
  return binary
}

/** Two test processes may compile the same program: each makes its own file, the last rename wins. */
function compile(source: string, binary: string, flags: string[]): void {
  mkdirSync(BINARIES, { recursive: true })
  const mine = `${binary}.${process.pid}`
  execFileSync('gcc', ['-O2', '-Wall', '-static', '-no-pie', '-pthread', ...flags, '-o', mine, source], {
    stdio: 'pipe',
  })
  renameSync(mine, binary)
}

function digest(files: string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 12)
}
