/** Configurations as they are found on hosts. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './project.ts'

export function sample(name: string): string {
  return readFileSync(join(projectRoot, '__test__/fixtures/engine-config', name), 'utf8')
}

/** The same text with the other end of lines. */
export function withCrlf(text: string): string {
  return text.replaceAll('\n', '\r\n')
}
