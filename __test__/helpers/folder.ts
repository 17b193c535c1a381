/** A folder that ends with its test. Short, since the path of a socket ends at 107 bytes. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'

export function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sn-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}
